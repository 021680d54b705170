"""What the test cluster decides: the mode, the isolation, what to do with an old cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed import cluster, mode, network, node
from testbed.errors import TestbedError, UsageError
from testbed.machine import Machine
from testbed.shell import Result

ROOT_ON_LINUX = Machine("Linux", root=True)


def never() -> bool:
    raise AssertionError("asked needlessly")


def never_docker() -> Result:
    raise AssertionError("asked needlessly")


def answer(value: bool) -> Callable[[], bool]:
    return lambda: value


@pytest.mark.parametrize("name", ["source", "pull"])
def test_the_request_decides(name: str) -> None:
    assert mode.decide(name, "source", ROOT_ON_LINUX, never_docker, never).name == name


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(UsageError, match="TESTBED=docker") as caught:
        mode.decide("docker", "", ROOT_ON_LINUX, never_docker, never)
    assert caught.value.exit_code == 2


def test_the_last_mode_is_kept_without_asking() -> None:
    assert mode.decide("", "pull", ROOT_ON_LINUX, never_docker, never).name == "pull"


@pytest.mark.parametrize(
    ("docker", "pulls", "expected"),
    [(False, never, "source"), (True, answer(False), "source"), (True, answer(True), "pull")],
)
def test_detection(docker: bool, pulls: Callable[[], bool], expected: str) -> None:
    chosen = mode.decide("", "", ROOT_ON_LINUX, lambda: Result(0 if docker else 1, "", ""), pulls)
    assert (chosen.name, chosen.is_source) == (expected, expected == "source")
    assert chosen.reason


class Firewall:
    """iptables as far as the code asks it."""

    def __init__(self, *rules: str) -> None:
        self.rules = list(rules)

    def __call__(self, command: list[str]) -> Result:
        action, chain, *rest = command[2:]
        text = f"-A {chain} {' '.join(rest)}"
        if action == "-I":
            self.rules.insert(0, text + " --reject-with icmp-port-unreachable")
        if action == "-C":
            return Result(0 if any(rule.startswith(text) for rule in self.rules) else 1, "", "")
        return Result(0, "\n".join(["-N DOCKER-USER", *self.rules]) + "\n", "")


OURS = f"-A DOCKER-USER {' '.join(network.rule('DOCKER-USER')[1:])} --reject-with icmp-port-unreachable"
RETURN = "-A DOCKER-USER -j RETURN"


@pytest.mark.parametrize("rules", [(), (RETURN,), (RETURN, OURS)], ids=["none", "other", "not-first"])
def test_no_isolation_no_cluster(rules: tuple[str, ...]) -> None:
    with pytest.raises(TestbedError, match="not isolated"):
        network.verify(ipv6=False, runner=Firewall(*rules))


def test_ipv6_needs_a_wall_of_its_own() -> None:
    with pytest.raises(TestbedError, match="ip6tables"):
        network.verify(ipv6=True, runner=Firewall(OURS))


def test_the_rule_in_first_place_is_enough() -> None:
    assert network.verify(ipv6=False, runner=Firewall(OURS, RETURN)) == [
        "iptables DOCKER-USER -i br-k8s-tracing ! -o br-k8s-tracing -j REJECT (first)"
    ]


@pytest.mark.parametrize("rules", [(RETURN,), (RETURN, OURS), (OURS, RETURN)])
def test_isolating_puts_it_first_once(rules: tuple[str, ...]) -> None:
    firewall = Firewall(*rules)
    network.isolate(ipv6=False, runner=firewall)
    network.isolate(ipv6=False, runner=firewall)
    assert firewall.rules[0] == OURS
    network.verify(ipv6=False, runner=firewall)


def test_create_refuses_without_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bool) -> list[str]:
        raise TestbedError("not isolated")

    def no_run(*_: object, **__: object) -> str:
        raise AssertionError("started something")

    monkeypatch.setattr(network, "verify", refuse)
    monkeypatch.setattr(cluster, "run", no_run)
    with pytest.raises(TestbedError, match="not isolated"):
        cluster.create(Path("kind"), mode.Mode("source", "test"), "image")


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (cluster.Found("", "", healthy=False), "create"),
        (cluster.Found("running", "new", healthy=True), "reuse"),
        (cluster.Found("running", "new", healthy=False), "recreate"),
        (cluster.Found("exited", "new", healthy=False), "recreate"),
        (cluster.Found("created", "new", healthy=False), "recreate"),
        (cluster.Found("running", "old", healthy=True), "recreate"),
    ],
)
def test_what_becomes_of_a_cluster(found: cluster.Found, action: str) -> None:
    assert cluster.decide(found, "new")[0] == action


def test_pull_mode_takes_any_node_image() -> None:
    assert cluster.decide(cluster.Found("running", "kindest/node", healthy=True), "")[0] == "reuse"


def test_the_dns_question_survives_a_line_buffered_shell() -> None:
    question = cluster.dns_query(cluster.NAME_ASKED)
    assert b"\x0a" not in question
    assert question.endswith(b"\x05local\x00\x00\x01\x00\x01")


def test_an_upstream_manifest_that_changed_is_noticed() -> None:
    with pytest.raises(TestbedError, match="changed"):
        node.storage_manifest("kind: StorageClass\nmetadata:\n  name: other\n")
    text = "kind: StorageClass\nmetadata:\n  name: local-path\nimage: busybox\n"
    assert "name: standard\n" in node.storage_manifest(text)
    assert "busybox:testbed" in node.storage_manifest(text)
