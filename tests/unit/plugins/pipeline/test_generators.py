# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What generators count of themselves, and the account with them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.account import Account, make_account
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import (
    ComponentSample,
    PipelineSample,
    sample_from_dict,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.diagnosis import diagnose
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.generators import (
    generator_transports,
    k6_counters,
    read_generators,
)
from fakes import EPOCH, ScriptedTransport, answer, failing


def k6_page(spans: int, seconds: float = 10.0, traces: int = 20) -> dict[str, Any]:
    """As k6 tells it, with a metric that has another form."""
    counts = {"iterations": traces, "spans_sent": spans, "traces_sent": traces}
    counters = [
        {"id": name, "attributes": {"type": "counter", "sample": {"count": count, "rate": count / seconds}}}
        for name, count in counts.items()
    ]
    return {"data": [{"id": "vus", "attributes": {"type": "gauge", "sample": {"value": 1}}}, *counters]}


def k6(page: Any, status: int = 200) -> ScriptedTransport:
    return ScriptedTransport(lambda path, params: answer(page, status))


def read(*pods: ScriptedTransport) -> ComponentSample:
    return read_generators([(f"k6-{number}", pod) for number, pod in enumerate(pods)], EPOCH, lambda: 1.0)


def test_each_pod_is_asked_for_its_counts() -> None:
    pods = k6(k6_page(152)), k6(k6_page(76))
    found = read(*pods)
    assert found.value("spans_sent") == 228 and found.value("spans_failed") == 0
    assert found.instances["k6-0"] == {
        "traces_sent": 20, "spans_sent": 152, "spans_failed": 0, "started_at": EPOCH - 10
    }  # fmt: skip
    assert [pod.asked for pod in pods] == [[("/v1/metrics", {})]] * 2


def test_a_k6_that_has_sent_nothing_yet_has_counted_nothing() -> None:
    assert read(k6({"data": []})).instances["k6-0"] == {"traces_sent": 0, "spans_sent": 0, "spans_failed": 0}


@pytest.mark.parametrize(
    "other",
    [
        k6("<html>"), k6([]), k6({"data": 5}), k6({"data": [{"id": "spans_sent"}]}), k6(k6_page(1), 500),
        k6({"data": [{"id": "spans_sent", "attributes": {"sample": {"count": "many"}}}]}),
        k6({"data": [{"id": "spans_sent", "attributes": {"sample": {"count": -1}}}]}),
        k6({"data": [{"id": "iterations", "attributes": {"sample": 7}}]}),
    ],
)  # fmt: skip
def test_what_is_no_k6_is_told(other: ScriptedTransport) -> None:
    found = read(k6(k6_page(1)), other)
    assert (found.readable, found.error_kind) == (False, "not_k6")
    assert "Pod k6-1 does not tell k6's counters" in found.error


def test_a_pod_that_is_gone_is_told() -> None:
    found = read(ScriptedTransport(failing("pod_not_found")))
    assert (found.readable, found.error_kind, found.where) == (False, "pod_not_found", "pod k6-0")


def test_a_start_that_no_clock_has_is_left_out() -> None:
    page = {"data": [{"id": "iterations", "attributes": {"sample": {"count": 1e308, "rate": 1e-308}}}]}
    assert "started_at" not in read(k6(page)).instances["k6-0"]
    with pytest.raises(ValueError, match="Expecting value"):
        k6_counters(b"", EPOCH)


# A run of 700 spans in 20 seconds, beside a generator that sent 150 by its own count.
def sample(passed: int, background: dict[str, float] | str | None, *, at: float = 0.0, **more: int) -> PipelineSample:
    counts = {"accepted": passed, "sent": passed, **more}
    generators = None if background is None else ComponentSample("generators", {"k6": background})  # type: ignore[dict-item]
    if isinstance(background, str):
        generators = ComponentSample("pod k6", {}, "gone", background)
    return PipelineSample(
        at,
        ComponentSample("alloy", {"alloy-0": counts}),
        ComponentSample("tempo", {"tempo-0": {"received": counts["sent"]}}),
        generators,
    )


BEFORE = sample(100, {"spans_sent": 50, "started_at": 0})


def counted(passed: int, background: Any = None, *, stored: int = 700, **more: int) -> tuple[Account, PipelineSample]:
    end = sample(passed, background or {"spans_sent": 200, "started_at": 0}, at=20.0, **more)
    return make_account(BEFORE, end, generated=700, stored=stored), end


@pytest.mark.parametrize("passed", [950, 930, 970, 988])
def test_a_generator_that_counts_itself_leaves_the_account_balanced(passed: int) -> None:
    account, end = counted(passed)
    # 150 spans in 20 s, of which those of 5 s may be on their way.
    assert (account.background, account.tolerance, account.others) == (150, 38, 0)
    assert (account.balanced, account.losses(), account.lost) == (True, [], 0)
    assert diagnose(account, end).stage == "none"
    rows = {row["stage"]: row["spans"] for row in account.rows()}
    assert (rows["background"], rows["others"]) == (150, 0)


def test_what_is_left_is_of_others() -> None:
    account, _end = counted(1000)
    assert (account.balanced, account.others, account.losses()) == (False, 50, [])


def test_a_loss_beside_a_generator_is_a_loss() -> None:
    account, end = counted(950, sent=800)
    assert (account.balanced, account.others) == (False, 0)
    assert [(loss["before"], loss["spans"]) for loss in account.losses()] == [("sent", 150)]
    assert diagnose(account, end).stage == "alloy"
    # Of the run itself not one may be missing.
    account, _end = counted(950, stored=699)
    assert (account.balanced, account.lost) == (False, 1)


@pytest.mark.parametrize(
    ("background", "note"),
    [
        ({"spans_sent": 120.0, "started_at": 12.0}, "The generator in the background: k6 restarted in between"),
        ({"spans_sent": 7.0}, "The generator in the background: k6 restarted in between"),
        ("Pod k6 is gone.", "Not counted: Pod k6 is gone."),
    ],
)
def test_what_a_generator_counted_is_not_known(background: Any, note: str) -> None:
    account, _end = counted(950, background)
    assert (account.background, account.others, account.tolerance, account.balanced) == (None, None, 0, False)
    assert any(line.startswith(note) for line in account.notes)


def test_a_reading_that_takes_long_widens_the_tolerance() -> None:
    end = {**sample(950, {"spans_sent": 200}, at=20.0).to_dict(), "took": 3.0}
    assert make_account(BEFORE, sample_from_dict(end)).tolerance == 60


def test_an_older_snapshot_has_no_generators() -> None:
    older = {name: value for name, value in BEFORE.to_dict().items() if name not in ("generators", "took")}
    assert sample_from_dict(older).generators is None
    assert sample_from_dict(BEFORE.to_dict()) == BEFORE


def test_pods_are_asked_through_the_api_server_alone() -> None:
    given = {"generator_pods": ["k6-0"], "generator_namespace": None, "namespace": "n", "url": "http://tempo:3200"}
    with pytest.raises(TracingError, match="generator_pods are asked through the Kubernetes API server"):
        generator_transports(given)
    with pytest.raises(TracingError, match=r"generator_pods: '\.\./a' is not a name"):
        generator_transports({**given, "generator_pods": ["../a"], "url": None})
    assert generator_transports({**given, "generator_pods": []}) == []
