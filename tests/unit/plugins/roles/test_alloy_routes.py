# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which spans Alloy's routes take, where they lead to, how much may wait, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import alloy_routes
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_routes import problems

MIB = 1 << 20
NO_TLS = {"enabled": False, "ca_secret": ""}
NO_AUTH = {"type": "none", "secret": ""}
DEFAULTS = {"protocol": "grpc", "tenant": "", "compression": "gzip", "headers": {}, "tls": NO_TLS, "auth": NO_AUTH}
TEMPO = {
    **{"name": "tempo", "option": "alloy_tempo_", "endpoint": "tempo:4317", "tenant": "all"},
    **{"compression": "snappy", "headers": {"X-Region": "eu"}, "tls": {"enabled": True}, "auth": {"type": "basic"}},
}
REST = {"name": "rest", "default": True}
A = {"name": "a", "attribute": "k8s.namespace.name", "values": ["shop", "pay"], "tenant": "team-a"}
B = {"name": "b", "attribute": "team", "matches": "^b"}
TAKES_A = 'resource.attributes["k8s.namespace.name"] == "shop" or resource.attributes["k8s.namespace.name"] == "pay"'
TAKES_B = 'IsMatch(resource.attributes["team"], "^b")'


def outputs(*routes: dict[str, Any], memory: str = "400MiB", volume: str = "") -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = alloy_routes(routes, DEFAULTS, TEMPO, memory, volume)
    return made


def refused(*routes: dict[str, Any], queues: Sequence[int] = (), memory: str = "400MiB", volume: str = "") -> list[str]:
    return problems(routes, queues, memory, volume)


def test_a_route_drops_what_it_does_not_match_and_what_one_before_it_takes() -> None:
    assert [one["dropped"] for one in outputs(A, B, REST)] == [
        [f"not ({TAKES_A})"],
        [TAKES_A, f"not ({TAKES_B})"],
        [TAKES_A, TAKES_B],
    ]


def test_the_default_takes_what_is_left_wherever_it_stands() -> None:
    assert [one["dropped"] for one in outputs(REST, A, B)] == [
        [TAKES_A, TAKES_B],
        [f"not ({TAKES_A})"],
        [TAKES_A, f"not ({TAKES_B})"],
    ]
    assert outputs(REST)[0]["dropped"] == []


def test_texts_of_the_user_stay_texts() -> None:
    [hostile, _rest] = outputs({"name": "a", "attribute": 'x"]', "values": ['a" or "b', "\\"]}, REST)
    name = '"x\\"]"'
    wanted = f'resource.attributes[{name}] == "a\\" or \\"b" or resource.attributes[{name}] == "\\\\"'
    assert hostile["dropped"] == [f"not ({wanted})"]


def test_a_route_leads_to_tempo_with_what_it_has_of_its_own() -> None:
    [a, rest] = outputs({**A, "auth": {"type": "bearer", "secret": "of-a"}}, REST)
    assert (a["name"], a["option"], a["endpoint"]) == ("route_a", "alloy_routes, route 'a': ", "tempo:4317")
    assert (a["tenant"], a["compression"], a["headers"]) == ("team-a", "snappy", {"X-Region": "eu"})
    assert (a["tls"], a["auth"]) == ({"enabled": True, "ca_secret": ""}, {"type": "bearer", "secret": "of-a"})
    assert (rest["tenant"], rest["auth"]) == ("all", {"type": "basic", "secret": ""})


def test_a_backend_of_its_own_is_told_nothing_that_is_for_tempo() -> None:
    [far, _rest] = outputs({**B, "endpoint": "far:4317"}, REST)
    kept = {name: far[name] for name in DEFAULTS}
    assert kept == DEFAULTS and far["endpoint"] == "far:4317"


@pytest.mark.parametrize(
    ("memory", "volume", "wanted"),
    [("480MiB", "", 20 * MIB), ("1.2GB", "", 50_000_000), ("120KiB", "", 5120), ("400MiB", "4Gi", 1024 * MIB)],
)
def test_half_of_the_room_is_shared(memory: str, volume: str, wanted: int) -> None:
    given = {**A, "queue_limit": "8MiB"}
    assert [one["queue_bytes"] for one in outputs(given, REST, memory=memory, volume=volume)] == [8 * MIB, wanted]


def test_routes_that_work() -> None:
    assert refused() == refused(queues=[1 << 60]) == []
    assert refused(A, B, REST, queues=[40 * MIB, 40 * MIB], memory="480MiB") == []
    assert refused(REST, queues=[5 << 30], volume="5Gi") == []


PLACE = "alloy_routes, route 'a'"
ONE_DEFAULT = "for what no other route takes."


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([A], f"alloy_routes has no default route: give one, with default true, {ONE_DEFAULT}"),
        (
            [REST, {**REST, "name": "too"}],
            f"alloy_routes has the default routes rest, too: leave one, {ONE_DEFAULT}",
        ),
        ([A, A, REST], "alloy_routes has the name 'a' twice: give each its own."),
        (
            [{**A, "default": True}],
            f"{PLACE} is the default route and has attribute, values: it takes what no other takes, so drop it.",
        ),
        (
            [{"name": "a", "values": ["x"]}, REST],
            f"{PLACE} has no attribute: name that of the resource which it looks at, such as k8s.namespace.name.",
        ),
        (
            [{"name": "a", "attribute": "x", "values": []}, REST],
            f"{PLACE} has neither values nor matches: give one of values and matches.",
        ),
        ([{**A, "matches": "x"}, REST], f"{PLACE} has values and matches: give one of values and matches."),
    ],
)
def test_routes_that_do_not_work(routes: list[dict[str, Any]], expected: str) -> None:
    assert refused(*routes) == [expected]


def test_queues_that_do_not_fit() -> None:
    told = "alloy_routes may have 80MiB waiting in all"
    over = 80 * MIB + 1
    assert refused(REST, queues=[over], memory="480MiB") == [
        f"{told}, for which Alloy needs 480MiB of memory, and alloy_memory_limit is 480MiB, at which all senders are "
        "refused: raise it, or lower queue_limit of a route."
    ]
    assert refused(REST, queues=[over], volume="80Mi") == [
        f"{told}, and alloy_durable_queue_size is 80Mi: enlarge it, or lower queue_limit of a route."
    ]


def test_a_queue_that_a_batch_does_not_fit_into() -> None:
    least = 64 << 10
    told = f"{PLACE} may have 63KiB waiting, and needs 64KiB or more, or it loses all: "
    assert refused({**A, "queue_limit": "64KiB"}, REST, queues=[least, least]) == []
    assert refused({**A, "queue_limit": "63KiB"}, REST, queues=[least - 1024, least]) == [
        f"{told}raise its queue_limit."
    ]
    for volume, room in (("", "alloy_memory_limit from 400MiB"), ("5Gi", "alloy_durable_queue_size from 5Gi")):
        assert refused(A, REST, queues=[least - 1024, least], volume=volume) == [
            f"{told}raise {room}, or give it a queue_limit."
        ]
