"""Creates, checks and deletes the kind cluster."""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from testbed import network, paths
from testbed.errors import TestbedError
from testbed.mode import Mode
from testbed.shell import attempt, run

# Another checkout of the same machine can have a cluster of its own beside it.
NAME = os.environ.get("TESTBED_CLUSTER") or "k8s-tracing"
NODE = f"{NAME}-control-plane"
GATE_SECONDS = 120
DNS_ADDRESS = "10.96.0.10"
API_ADDRESS = "10.96.0.1"
# No part of it is ten characters long: bash would send a line feed's worth at a time.
NAME_ASKED = "kube-dns.kube-system.svc.cluster.local"


@dataclass(frozen=True)
class Found:
    """What there is of a cluster before anything is done."""

    container: str  # "running", another state of Docker's, or "" when there is none
    image: str  # Docker's id of its image
    healthy: bool


def decide(found: Found, wanted_image: str) -> tuple[str, str]:
    """Whether to create, reuse or recreate, and why; an empty wanted image means any will do."""
    if not found.container:
        return "create", "there is none"
    if found.container != "running":
        return "recreate", f"its node is {found.container}"
    if wanted_image and found.image != wanted_image:
        return "recreate", "its node image is not the current one"
    if not found.healthy:
        return "recreate", "it does not answer"
    return "reuse", "it is healthy"


def dns_query(name: str) -> bytes:
    """A DNS question for the IPv4 address of a name."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", 0x7463, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


def gate_script() -> str:
    """A script for the node: prints what is not there yet, nothing when all is.

    It goes through Service addresses on purpose: a node can be Ready while no Service works.
    """
    question = "".join(f"\\x{byte:02x}" for byte in dns_query(NAME_ASKED))
    answer = "".join(f"{int(part):02x}" for part in DNS_ADDRESS.split("."))
    return f"""
export KUBECONFIG=/etc/kubernetes/admin.conf
[ "$(curl -ksS -m 1 https://{API_ADDRESS}/healthz 2>/dev/null)" = ok ] || {{ echo "the API's Service address"; exit; }}
exec 3<>/dev/udp/{DNS_ADDRESS}/53 && printf '{question}' >&3
timeout 1 dd bs=512 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d ' \\n' | grep -q '{answer}$' \\
  || {{ echo "cluster DNS"; exit; }}
ready=$(kubectl get nodes -o 'jsonpath={{.items[*].status.conditions[?(@.type=="Ready")].status}}' 2>/dev/null)
[ "$ready" = True ] || echo "node Ready"
kubectl get storageclass standard -o name >/dev/null 2>&1 || echo "StorageClass standard"
kubectl -n default get serviceaccount default -o name >/dev/null 2>&1 || echo "default service account"
"""


def missing(timeout: float = 20) -> list[str]:
    """What keeps the cluster from being usable, as seen from inside its node."""
    result = attempt(["docker", "exec", "-i", NODE, "bash", "-s"], stdin=gate_script(), timeout=timeout)
    return result.out.split("\n")[:-1] if result.code in (0, 1) and not result.err.startswith("Error") else ["the node"]


def look() -> Found:
    """Look at what there is of the cluster."""
    result = attempt(["docker", "container", "inspect", NODE, "--format", "{{.State.Status}} {{.Image}}"])
    if result.code != 0:
        return Found("", "", healthy=False)
    state, _, image = result.out.strip().partition(" ")
    return Found(state, image, healthy=state == "running" and not missing())


def create(kind: Path, mode: Mode, image: str) -> None:
    """Create the cluster; in source mode only behind the wall."""
    if mode.is_source:
        network.verify(network.ipv6_on())
    config = paths.FILES / ("kind.yaml" if mode.is_source else "kind-pull.yaml")
    command = [str(kind), "create", "cluster", "--name", NAME, "--config", str(config)]
    command += ["--kubeconfig", str(paths.KUBECONFIG)]
    # In pull mode any other release of kind's own image can be asked for.
    image = image or os.environ.get("TESTBED_NODE_IMAGE", "")
    if image:
        command += ["--image", image]
    if not mode.is_source:
        command += ["--wait", "180s"]
    paths.STATE.mkdir(exist_ok=True)
    # A file that an interrupted run left would be merged into.
    paths.KUBECONFIG.unlink(missing_ok=True)
    env = {"KIND_EXPERIMENTAL_DOCKER_NETWORK": network.NETWORK} if mode.is_source else {}
    run(command, env=env)
    paths.KUBECONFIG.chmod(0o600)


def write_kubeconfig(kind: Path) -> None:
    """Write the cluster's own kubeconfig file again."""
    text = run([kind, "get", "kubeconfig", "--name", NAME])
    paths.write_atomically(paths.KUBECONFIG, text, 0o600)


def wait(limit: float = GATE_SECONDS) -> None:
    """Wait until the cluster is usable."""
    deadline = time.monotonic() + limit
    while True:
        absent = missing()
        if not absent:
            return
        if time.monotonic() > deadline:
            raise TestbedError(f"the cluster is up but not usable after {limit:g} s; missing: {', '.join(absent)}")
        time.sleep(0.5)


def delete() -> bool:
    """Delete the node's container (with its volumes) and the kubeconfig; whether there was one."""
    there = attempt(["docker", "container", "inspect", NODE]).code == 0
    if there:
        run(["docker", "rm", "-f", "-v", NODE])
    paths.KUBECONFIG.unlink(missing_ok=True)
    return there
