"""The cluster's own Docker network, and the wall around it.

Nothing of a source-mode cluster may leave the machine: a pod's packet to a Service address
that nobody serves would otherwise be routed out. So the network exists, and the host refuses
what its bridge forwards elsewhere, before any container joins it. There is deliberately no
exception for established connections.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from testbed.errors import TestbedError
from testbed.shell import Result, attempt, run

NETWORK = "k8s-tracing"
BRIDGE = "br-k8s-tracing"
IPV6_SWITCH = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")

Runner = Callable[[list[str]], Result]


def rule(chain: str) -> list[str]:
    """The rule itself: from our bridge to anywhere but our bridge."""
    return [chain, "-i", BRIDGE, "!", "-o", BRIDGE, "-j", "REJECT"]


def walls(ipv6: bool) -> list[tuple[str, str]]:
    """The firewall programs and the chains that must hold the rule first.

    Docker leaves DOCKER-USER to the machine's owner and comes through it first; for IPv6 it
    keeps no such chain by default.
    """
    return [("iptables", "DOCKER-USER"), *([("ip6tables", "FORWARD")] if ipv6 else [])]


def ipv6_on() -> bool:
    """Whether the machine speaks IPv6 at all."""
    return IPV6_SWITCH.is_file() and IPV6_SWITCH.read_text(encoding="ascii").strip() == "0"


def _attempt(command: list[str]) -> Result:
    return attempt(command, timeout=30)


def is_first(listing: str, chain: str) -> bool:
    """Whether `iptables -S CHAIN` shows our rule before any other."""
    rules = [line for line in listing.splitlines() if line.startswith("-A ")]
    if not rules:
        return False
    words = rules[0].split()
    target = words[words.index("-j") + 1] if "-j" in words else ""
    return words[:7] == ["-A", chain, "-i", BRIDGE, "!", "-o", BRIDGE] and target == "REJECT" and words[7] == "-j"


def verify(ipv6: bool, runner: Runner = _attempt) -> list[str]:
    """Refuse to go on unless every wall stands, first in its chain; returns what stands."""
    standing = []
    for program, chain in walls(ipv6):
        if runner([program, "-w", "-C", *rule(chain)]).code != 0:
            raise TestbedError(
                f"the cluster is not isolated: `{program} -C {' '.join(rule(chain))}` finds no such rule; "
                "nothing is started. Run `up` again to set it"
            )
        if not is_first(runner([program, "-w", "-S", chain]).out, chain):
            raise TestbedError(
                f"the cluster is not isolated: another rule comes before ours in {program}'s chain {chain}; "
                "nothing is started. Run `up` again to put ours first"
            )
        standing.append(f"{program} {' '.join(rule(chain))} (first)")
    return standing


def isolate(ipv6: bool, runner: Runner = _attempt) -> None:
    """Put the rule first in every chain that needs it."""
    for program, chain in walls(ipv6):
        if is_first(runner([program, "-w", "-S", chain]).out, chain):
            continue
        result = runner([program, "-w", "-I", *rule(chain)])
        if result.code != 0:
            raise TestbedError(f"cannot isolate the cluster: {program}: {result.err.strip()}")


def ensure() -> list[str]:
    """Make the network and the wall around it; returns the rules in force."""
    if not exists():
        _create()
    bridge = run(
        ["docker", "network", "inspect", NETWORK, "--format", '{{index .Options "com.docker.network.bridge.name"}}']
    )
    if bridge.strip() != BRIDGE:
        raise TestbedError(f"the docker network {NETWORK} is not ours (its bridge is {bridge.strip()!r}); remove it")
    ipv6 = ipv6_on()
    isolate(ipv6)
    return verify(ipv6)


def exists() -> bool:
    """Whether Docker has the network."""
    return attempt(["docker", "network", "inspect", NETWORK]).code == 0


def _create() -> None:
    """Create it as kind would, with a bridge name of our own so that the rule can name it."""
    run(
        [
            "docker", "network", "create", "-d", "bridge",
            "-o", "com.docker.network.bridge.enable_ip_masquerade=true",
            "-o", f"com.docker.network.bridge.name={BRIDGE}",
            NETWORK,
        ]
    )  # fmt: skip


def remove() -> None:
    """Remove the network, then its rules; in this order, so that it is never open."""
    if exists():
        run(["docker", "network", "rm", NETWORK])
    for program, chain in walls(ipv6_on()):
        while attempt([program, "-w", "-D", *rule(chain)]).code == 0:
            pass
