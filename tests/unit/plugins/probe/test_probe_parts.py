# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing, measuring and scheduling: the parts of the probe that ask nobody."""

from __future__ import annotations

import dataclasses
import math
import threading
import time

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import ResourceSpans
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.compare import compare, differences
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.latency import percentile, summary
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.schedule import Schedule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.spans import Recipe, make_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock
from fakes import FakeTime
from hypothesis import given
from hypothesis import strategies as st

RECIPE = Recipe("svc", "r", "tracing.run.id", "p", 5)
SENT = make_trace(RECIPE, 0, 1_795_000_000_000_000_000, lambda size: bytes(range(1, size + 1)))


def numbered() -> object:
    """Random bytes that never repeat."""
    count = iter(range(1, 100_000, 2))
    return lambda size: next(count).to_bytes(size, "big")


TRACE = make_trace(RECIPE, 1, 1_795_000_000_000_000_000, numbered())


def stored(**changes: object) -> tuple[ResourceSpans, ...]:
    """The trace with one field of its second span changed."""
    (group,) = TRACE.groups
    (scope,) = group.scopes
    spans = [dataclasses.replace(span, **(changes if n == 1 else {})) for n, span in enumerate(scope.spans)]
    return (dataclasses.replace(group, scopes=(dataclasses.replace(scope, spans=tuple(spans)),)),)


def test_a_probe_uses_every_field_and_every_type() -> None:
    spans = [item.span for item in TRACE.spans.values()]
    assert {type(value) for span in spans for value in span.attributes.values()} == {
        str, bool, int, float, bytes, list, dict,
    }  # fmt: skip
    for field in dataclasses.fields(spans[0]):
        if field.name != "flags":  # which blocks do not hold
            assert any(getattr(span, field.name) for span in spans), field.name
    assert {span.kind for span in spans} == {"server", "client", "internal", "producer", "consumer"}
    assert {span.status for span in spans} == {"unset", "ok", "error"}
    assert all(span.start_unix_nano < span.end_unix_nano for span in spans)
    assert SENT.trace_id.startswith("0000") and SENT.trace_id != "0" * 32


def test_the_same_is_intact() -> None:
    result = compare(TRACE.spans, TRACE.groups, strict=True)
    assert result.intact and not result.added


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trace_id": "ab" * 16}, "trace_id"),
        ({"parent_span_id": ""}, "parent_span_id"),
        ({"trace_state": ""}, "trace_state"),
        ({"name": "other"}, "name"),
        ({"kind": "server"}, "kind"),
        ({"start_unix_nano": 1_795_000_000_000_000_000}, "start_unix_nano"),
        ({"end_unix_nano": 0}, "end_unix_nano"),
        ({"dropped_attributes_count": 9}, "dropped_attributes_count"),
        ({"events": ()}, "events"),
        ({"links": ()}, "links"),
        ({"status": "unset"}, "status"),
        ({"status_message": "x"}, "status_message"),
        ({"flags": 1}, "flags"),
    ],
)
def test_each_field_that_changes_is_named(change: dict[str, object], field: str) -> None:
    result = compare(TRACE.spans, stored(**change), strict=False)
    assert [alteration.field for alteration in result.altered] == [field]
    assert not result.intact


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probe.text", "f\xfcr"),
        ("probe.number", 1.0),
        ("probe.true", 1),
        ("probe.double.whole", 3),
        ("probe.int64.max", float(2**63 - 1)),
        ("probe.bytes", "AAAA"),
        ("probe.mixed", ["a", 1, 1, True]),
        ("probe.nested", {"a": 1, "b": {"c": [1.5, "d"], "e": True}}),
        ("probe.empty", None),
    ],
)
def test_each_attribute_that_changes_is_named(name: str, value: object) -> None:
    attributes = dict(list(TRACE.spans.values())[1].span.attributes)
    result = compare(TRACE.spans, stored(attributes={**attributes, name: value}), strict=False)
    assert len(result.altered) == 1 and result.altered[0].field.startswith(f"attributes.{name}")
    assert result.altered[0].to_dict()["stored"] != result.altered[0].to_dict()["sent"]


def test_what_was_added_is_named_and_counts_only_when_strict() -> None:
    (group,) = TRACE.groups
    richer = (dataclasses.replace(group, resource={**group.resource, "k8s.pod.name": "p"}),)
    lax, strict = (compare(TRACE.spans, richer, strict=strict) for strict in (False, True))
    assert lax.intact and lax.added == {"resource.k8s.pod.name"}
    assert len(strict.altered) == 5 and not strict.added


def test_lost_duplicated_and_unexpected_spans() -> None:
    first, *rest = TRACE.spans
    some = {span_id: TRACE.spans[span_id] for span_id in rest}
    assert compare(TRACE.spans, (), strict=False).lost == list(TRACE.spans)
    assert compare(some, TRACE.groups, strict=False).unexpected == [first]
    assert compare(TRACE.spans, TRACE.groups * 2, strict=False).duplicated == list(TRACE.spans)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        (math.nan, math.nan, 0),
        (0.0, -0.0, 1),
        (1, True, 1),
        ([1, 2], [1, 2, 3], 1),
        ([1, 2], [1, 3], 1),
        ({"a": 1}, {"b": 1}, 2),
        (b"a", "a", 1),
    ],
)
def test_values_that_python_takes_for_equal(one: object, other: object, count: int) -> None:
    assert len(list(differences(one, other))) == count


numbers = st.lists(st.floats(0, 1e6), min_size=1)


@given(numbers, st.floats(0, 1))
def test_a_percentile_is_a_measured_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered)
    assert sum(value < found for value in ordered) < max(1, math.ceil(share * len(ordered)))


@given(numbers)
def test_a_summary_is_ordered(values: list[float]) -> None:
    found = summary(values)
    assert found["min"] <= found["p50"] <= found["p95"] <= found["p99"] <= found["max"]
    assert (found["count"], found["samples"]) == (len(values), sorted(found["samples"]))


def test_nothing_measured() -> None:
    assert summary([]) == {"count": 0, "min": None, "p50": None, "p95": None, "p99": None, "max": None, "samples": []}


def test_urgent_work_comes_first_and_nothing_before_its_time() -> None:
    fake, done = FakeTime(), []
    schedule = Schedule(fake.clock)

    def note(name: str) -> None:
        done.append((name, round(fake.now, 1)))

    for name in ("a", "b"):
        schedule.add(0.0, lambda name=name: note(name), urgent=False)
    schedule.add(0.0, lambda: note("look"), urgent=True)
    schedule.add(1.0, lambda: note("late"), urgent=True)
    schedule.run(1)
    assert [name for name, _at in done] == ["look", "a", "b", "late"]
    assert done[-1][1] == 1.0


def test_the_first_error_ends_all_threads() -> None:
    schedule, done = Schedule(Clock()), []

    def fail() -> None:
        raise ValueError("no")

    schedule.add(0.0, fail, urgent=True)
    schedule.add(30.0, lambda: done.append(1), urgent=False)
    began = time.monotonic()
    with pytest.raises(ValueError, match="no"):
        schedule.run(4)
    assert not done and time.monotonic() - began < 5


def test_work_runs_side_by_side() -> None:
    schedule = Schedule(Clock())
    barrier = threading.Barrier(3, timeout=10)
    for _ in range(3):
        schedule.add(0.0, barrier.wait, urgent=False)
    schedule.run(3)
    assert barrier.n_waiting == 0
