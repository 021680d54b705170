# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load of the generator: the rate at each moment, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.generator import k6_load
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import read, stages

HOUR = 3600


def settings(profile: str, **more: Any) -> dict[str, Any]:
    usual = {"rate": 2, "peak_rate": 10, "max_rate": 100, "duration": "10m", "instances": 1}
    return {**usual, "profile": profile, "ramp_duration": "1m", "burst_every": "1m", "burst_duration": "10s", **more}


def scenario(profile: str, **more: Any) -> dict[str, Any]:
    done = k6_load(settings(profile, **more))
    assert done["problems"] == []
    return dict(done["options"]["scenarios"]["traces"])


def steps(profile: str, **more: Any) -> list[tuple[str, float]]:
    """The stages with their targets in traces a second."""
    return [(step["duration"], step["target"] / HOUR) for step in scenario(profile, **more)["stages"]]


def traces(profile: str, **more: Any) -> float:
    return sum(part.seconds * (part.start + part.end) / 2 for part in stages(read(settings(profile, **more))))


def test_steady_is_one_rate() -> None:
    made = scenario("steady", rate=2.5, duration="30s")
    assert (made["executor"], made["rate"], made["timeUnit"]) == ("constant-arrival-rate", 9000, "3600s")
    assert (made["duration"], made["gracefulStop"]) == ("30s", "10s")


def test_ramp_goes_up_holds_and_comes_down() -> None:
    assert scenario("ramp")["startRate"] == 2 * HOUR
    assert steps("ramp") == [("60s", 10), ("480s", 10), ("60s", 2)]
    assert traces("ramp") == 60 * 6 * 2 + 480 * 10


def test_a_ramp_without_a_hold_is_a_peak() -> None:
    assert steps("ramp", duration="2m") == [("60s", 10), ("60s", 2)]


def test_soak_begins_and_ends_at_nothing() -> None:
    assert scenario("soak")["startRate"] == 0
    assert steps("soak") == [("60s", 2), ("480s", 2), ("60s", 0)]


def test_bursts_jump() -> None:
    assert steps("burst", duration="2m") == [
        *[("50s", 2), ("0s", 10), ("10s", 10), ("0s", 2)],
        *[("50s", 2), ("0s", 10), ("10s", 10)],
    ]
    assert traces("burst", duration="10m") == 10 * (50 * 2 + 10 * 10)


def test_the_last_burst_is_cut_at_the_end() -> None:
    assert steps("burst", duration="115s")[-1] == ("5s", 10)
    assert steps("burst", duration="70s")[-1] == ("10s", 2)


@pytest.mark.parametrize("profile", ["steady", "ramp", "burst", "soak"])
def test_every_profile_lasts_as_long_as_it_was_told(profile: str) -> None:
    done = k6_load(settings(profile, duration="7m"))
    assert (done["seconds"], done["endless"]) == (420, False)
    assert sum(part.seconds for part in stages(read(settings(profile, duration="7m")))) == 420


@pytest.mark.parametrize(("profile", "seconds"), [("steady", 86400), ("ramp", 86400), ("burst", 60000)])
def test_an_endless_run_is_a_long_one_that_starts_again(profile: str, seconds: int) -> None:
    done = k6_load(settings(profile, rate=1, peak_rate=5, duration="endless"))
    assert (done["seconds"], done["endless"], done["problems"]) == (seconds, True, [])


@pytest.mark.parametrize(
    ("rate", "instances", "seconds"), [(5, 1, 86400), (10, 1, 50000), (10, 2, 86400), (2000, 1, 660), (2000, 4, 1000)]
)
def test_a_k6_of_an_endless_run_ends_before_its_memory_does(rate: float, instances: int, seconds: int) -> None:
    done = k6_load(settings("steady", rate=rate, max_rate=2000, duration="endless", instances=instances))
    assert (done["seconds"], done["problems"]) == (seconds, [])


def test_an_endless_ramp_stays_up() -> None:
    assert steps("ramp", rate=1, peak_rate=5, duration="endless") == [("60s", 5), ("86340s", 5)]


@pytest.mark.parametrize("instances", [1, 2, 3, 7])
def test_several_instances_share_the_rate(instances: int) -> None:
    made = scenario("steady", rate=5, instances=instances)
    assert abs(made["rate"] * instances - 5 * HOUR) <= instances / 2
    assert 0 < made["preAllocatedVUs"] <= made["maxVUs"]


def test_a_rate_is_never_rounded_to_nothing() -> None:
    assert scenario("steady", rate=0.0001)["rate"] == 1


def test_numbers_may_come_as_text() -> None:
    assert scenario("steady", rate="2.5", instances="1", max_rate="3")["rate"] == 9000


@pytest.mark.parametrize(
    ("profile", "more", "says"),
    [
        ("waves", {}, "k6_trace_generator_profile is 'waves': use steady, ramp, burst or soak."),
        ("steady", {"rate": 0}, "k6_trace_generator_rate is '0'"),
        ("steady", {"rate": -1}, "k6_trace_generator_rate is '-1'"),
        ("steady", {"rate": "nan"}, "k6_trace_generator_rate is 'nan'"),
        ("steady", {"rate": "inf"}, "k6_trace_generator_rate is 'inf'"),
        ("ramp", {"peak_rate": 0}, "k6_trace_generator_peak_rate is '0'"),
        ("steady", {"max_rate": 0}, "k6_trace_generator_max_rate is '0'"),
        ("steady", {"duration": "0s"}, "k6_trace_generator_duration is '0s'"),
        ("steady", {"duration": "5"}, "k6_trace_generator_duration is '5'"),
        ("steady", {"duration": "1d"}, "k6_trace_generator_duration is '1d'"),
        ("ramp", {"ramp_duration": "endless"}, "k6_trace_generator_ramp_duration is 'endless'"),
        ("burst", {"burst_every": ""}, "k6_trace_generator_burst_every is ''"),
        ("burst", {"burst_duration": "-1s"}, "k6_trace_generator_burst_duration is '-1s'"),
        ("steady", {"instances": 0}, "k6_trace_generator_instances is '0'"),
        ("steady", {"instances": 1.5}, "k6_trace_generator_instances is '1.5'"),
        ("steady", {"instances": 101}, "k6_trace_generator_instances is '101'"),
        ("ramp", {"peak_rate": 1}, "peak_rate is 1, less than k6_trace_generator_rate (2)"),
        (
            "steady",
            {"rate": 101},
            "rate is 101 traces a second, above k6_trace_generator_max_rate (100)",
        ),
        ("burst", {"peak_rate": 101}, "k6_trace_generator_peak_rate is 101 traces a second, above"),
        ("ramp", {"duration": "119s"}, "ramp_duration is 60 s, and up and down don't fit"),
        ("soak", {"duration": "119s"}, "ramp_duration is 60 s, and up and down don't fit"),
        ("burst", {"burst_duration": "1m"}, "burst_duration is 60 s, but a burst begins"),
        ("burst", {"duration": "30s"}, "duration is 30 s, and no burst falls into it"),
        ("burst", {"duration": "2h", "burst_every": "2s", "burst_duration": "1s"}, "makes more than 1000 bursts"),
    ],
)
def test_a_load_that_cannot_be_is_refused(profile: str, more: dict[str, Any], says: str) -> None:
    done = k6_load(settings(profile, **more))
    assert any(says in line for line in done["problems"]), done["problems"]
    assert "options" not in done


def test_a_peak_that_is_not_used_is_not_judged() -> None:
    assert k6_load(settings("steady", peak_rate=1))["problems"] == []
    assert k6_load(settings("steady", peak_rate=1000))["problems"] == []


@pytest.mark.parametrize("given", ["steady", {}, {**settings("steady"), "more": 1}])
def test_other_settings_are_no_load(given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="k6_load takes a dictionary with burst_duration"):
        k6_load(given)
