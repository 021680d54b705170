# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of an installed release that are asked to be larger, on a real API server."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import Plays
from loopback import ROOT

pytestmark = pytest.mark.case("F9")

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
# A release that is pending counts as left behind after two seconds.
AT_ONCE = ["-e", "_helm_release_pending_grace=2"]
GROWING = {
    "metadata": {"name": "growing"},
    "provisioner": "example.com/none",
    "volumeBindingMode": "WaitForFirstConsumer",
    "allowVolumeExpansion": True,
}


@pytest.fixture(scope="module")
def growing(cluster: ApiServer) -> Iterator[str]:
    """A storage class whose volumes can be enlarged."""
    cluster.create(CLASSES, GROWING)
    yield "growing"
    cluster.ask("DELETE", f"{CLASSES}/growing")


class Stack:
    """The objects of one namespace."""

    def __init__(self, cluster: ApiServer, namespace: str) -> None:
        self.cluster = cluster
        self.core = f"/api/v1/namespaces/{namespace}"
        self.apps = f"/apis/apps/v1/namespaces/{namespace}"
        self.namespace = namespace

    def get(self, path: str) -> dict[str, Any]:
        return self.cluster.ask("GET", path).content

    def size(self, claim: str) -> str:
        size: str = self.get(f"{self.core}/persistentvolumeclaims/{claim}")["spec"]["resources"]["requests"]["storage"]
        return size

    def template(self, name: str) -> str:
        (found,) = self.get(f"{self.apps}/statefulsets/{name}")["spec"]["volumeClaimTemplates"]
        size: str = found["spec"]["resources"]["requests"]["storage"]
        return size

    def uid(self, path: str) -> str:
        return str(self.get(path).get("metadata", {}).get("uid", ""))

    def wait(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not done():
            assert time.monotonic() < until
            time.sleep(0.1)

    def bind(self, claim: str, size: str) -> None:
        """Give a claim a volume, as a driver would. The claim is made by the controller of the StatefulSet."""
        path = f"{self.core}/persistentvolumeclaims/{claim}"
        self.wait(lambda: self.cluster.ask("GET", path).status == 200)
        found = self.get(path)
        volume = f"{self.namespace}-{claim}"
        reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": self.namespace, "name": claim}
        spec = {
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteOnce"],
            "claimRef": reference,
            "hostPath": {"path": "/nowhere"},
            "storageClassName": found["spec"]["storageClassName"],
        }
        self.cluster.create("/api/v1/persistentvolumes", {"metadata": {"name": volume}, "spec": spec})
        self.wait(lambda: self.get(path).get("status", {}).get("phase") == "Bound")


@pytest.fixture
def stack(cluster: ApiServer, namespace: str) -> Stack:
    return Stack(cluster, namespace)


def allow(stack: Stack, storage_class: str, *, allowed: bool) -> None:
    path = f"{CLASSES}/{storage_class}"
    answer = stack.cluster.ask("PUT", path, {**stack.get(path), "allowVolumeExpansion": allowed})
    assert answer.status == 200, answer.content


def tempo(namespace: str, size: str) -> dict[str, Any]:
    return {"tempo_namespace": namespace, "tempo_persistence_size": size, "tempo_storage_class": "growing"}


def installed(plays: Plays, stack: Stack) -> None:
    plays.role("tempo", tempo(stack.namespace, "10Gi")).assert_ok()
    stack.bind("storage-tempo-0", "10Gi")


def test_a_volume_of_tempo_is_enlarged(plays: Plays, stack: Stack, growing: str) -> None:
    installed(plays, stack)
    pod = f"{stack.core}/pods/tempo-0"
    before = stack.uid(f"{stack.apps}/statefulsets/tempo"), stack.uid(pod)

    foretold = plays.role("tempo", tempo(stack.namespace, "20Gi"), arguments=["--check", "--diff"]).assert_ok()
    assert foretold.changed > 0
    said = foretold.result("Enlarge the volumes")
    assert said["claims"] == [{"name": "storage-tempo-0", "before": "10Gi", "after": "20Gi"}]
    assert said["deleted"] == ["tempo"]
    assert f"+++ after: PersistentVolumeClaim {stack.namespace}/storage-tempo-0" in foretold.text
    plan = foretold.result("Plan the releases")
    assert "volume claim storage-tempo-0 grows from 10Gi to 20Gi" in plan["summary"][0]
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("10Gi", "10Gi")
    assert before == (stack.uid(f"{stack.apps}/statefulsets/tempo"), stack.uid(pod))

    outcome = plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok()
    assert outcome.result("Enlarge the volumes")["changed"] is True
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "20Gi")
    assert stack.uid(f"{stack.apps}/statefulsets/tempo") != before[0]
    assert stack.uid(pod) == before[1], "the pod stays"
    owner = stack.uid(f"{stack.apps}/statefulsets/tempo")
    stack.wait(lambda: [one["uid"] for one in stack.get(pod)["metadata"].get("ownerReferences", [])] == [owner])

    assert plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok().changed == 0
    # The same size in another unit changes nothing about the volume.
    other_unit = plays.role("tempo", tempo(stack.namespace, "20480Mi")).assert_ok()
    assert not [row for row in other_unit.tasks if "Enlarge the volumes" in row["name"]]


def test_an_interrupted_run_is_gone_on_with(plays: Plays, stack: Stack, growing: str) -> None:
    installed(plays, stack)
    pod = stack.uid(f"{stack.core}/pods/tempo-0")
    stack.cluster.ask("DELETE", f"{stack.apps}/statefulsets/tempo", {"propagationPolicy": "Orphan"})
    stack.wait(lambda: stack.cluster.ask("GET", f"{stack.apps}/statefulsets/tempo").status == 404)
    outcome = plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok()
    assert outcome.changed > 0
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "20Gi")
    assert stack.uid(f"{stack.core}/pods/tempo-0") == pod
    assert plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok().changed == 0


def test_helm_that_was_killed_after_it_is_recovered_and_rolled_back(plays: Plays, stack: Stack, growing: str) -> None:
    installed(plays, stack)
    plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok()
    interrupt(stack, "tempo")
    outcome = plays.role("tempo", tempo(stack.namespace, "20Gi"), arguments=AT_ONCE).assert_ok()
    assert outcome.changed > 0
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "20Gi")
    assert plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok().changed == 0

    back = {**tempo(stack.namespace, "20Gi"), "tempo_state": "rolled_back", "tempo_revision": 1}
    plays.role("tempo", back).assert_ok()
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "10Gi")
    plays.role("tempo", tempo(stack.namespace, "20Gi")).assert_ok()
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "20Gi")


def interrupt(stack: Stack, name: str) -> None:
    """Leave the records as a Helm that is killed during the first upgrade leaves them."""
    for version, status in ((2, "pending-upgrade"), (1, "deployed")):
        path = f"{stack.core}/secrets/sh.helm.release.v1.{name}.v{version}"
        secret = stack.get(path)
        release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
        release["info"]["status"] = secret["metadata"]["labels"]["status"] = status
        packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
        secret["data"]["release"] = base64.b64encode(packed).decode()
        answer = stack.cluster.ask("PUT", path, secret)
        assert answer.status == 200, answer.content


def permissions(number: int) -> list[dict[str, Any]]:
    """The rules in a fence of the page that says which permissions it takes."""
    text = (ROOT / "docs" / "minimal-role.md").read_text(encoding="utf-8")
    fence = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[number]
    return next(item["rules"] for item in yaml.safe_load_all(fence) if "rules" in item)


def grant(stack: Stack, number: int, kind: str) -> None:
    """Give the user of few rights the permissions of a fence."""
    where = RBAC if kind == "ClusterRole" else f"{RBAC}/namespaces/{stack.namespace}"
    name = stack.namespace
    stack.cluster.create(f"{where}/{kind.lower()}s", {"metadata": {"name": name}, "rules": permissions(number)})
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "limited"}],
    }
    stack.cluster.create(f"{where}/{kind.lower()}bindings", binding)


def test_what_can_not_be_had_is_said_before_anything_is_touched(plays: Plays, stack: Stack, growing: str) -> None:
    plays.role("tempo", tempo(stack.namespace, "10Gi")).assert_ok()
    claim = f"{stack.core}/persistentvolumeclaims/storage-tempo-0"
    stack.wait(lambda: stack.cluster.ask("GET", claim).status == 200)
    before = stack.uid(f"{stack.apps}/statefulsets/tempo")
    limited = str(stack.cluster.write_kubeconfig(plays.folder / "limited", user="limited"))
    as_limited = {"k8s_tracing_kubeconfig": limited, "k8s_tracing_api_server_cidrs": ["192.0.2.10/32"]}

    def refused(size: str, words: str, **more: Any) -> None:
        outcome = plays.role("tempo", {**tempo(stack.namespace, size), **more})
        assert outcome.code != 0
        assert words in outcome.failures[-1]
        assert "\n" not in outcome.failures[-1]
        assert "tempo_persistence_size to 10Gi" in outcome.failures[-1]
        assert outcome.changed == 0
        assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("10Gi", "10Gi")
        assert stack.uid(f"{stack.apps}/statefulsets/tempo") == before

    refused("20Gi", "only a volume that is bound can be enlarged")
    stack.bind("storage-tempo-0", "10Gi")
    refused("5Gi", "cannot shrink from 10Gi to 5Gi: a volume can only be enlarged")
    allow(stack, growing, allowed=False)
    refused("20Gi", "storage class growing does not have allowVolumeExpansion: true")
    allow(stack, growing, allowed=True)
    grant(stack, 0, "Role")
    refused("20Gi", "this user may not read storage class growing", **as_limited)
    grant(stack, 1, "ClusterRole")
    plays.role("tempo", {**tempo(stack.namespace, "20Gi"), **as_limited}).assert_ok()
    assert (stack.size("storage-tempo-0"), stack.template("tempo")) == ("20Gi", "20Gi")


def test_a_claim_of_the_chart_is_enlarged_by_helm(plays: Plays, stack: Stack, growing: str) -> None:
    def grafana(size: str) -> dict[str, Any]:
        found = {"grafana_namespace": stack.namespace, "grafana_persistence_enabled": True}
        return {**found, "grafana_persistence_size": size, "grafana_storage_class": "growing"}

    plays.role("grafana", grafana("5Gi")).assert_ok()
    stack.bind("grafana", "5Gi")
    allow(stack, growing, allowed=False)
    outcome = plays.role("grafana", grafana("8Gi"))
    assert "Set grafana_persistence_size to 5Gi, or, if its driver can" in outcome.failures[-1]
    assert (outcome.changed, stack.size("grafana")) == (0, "5Gi")
    allow(stack, growing, allowed=True)
    enlarged = plays.role("grafana", grafana("8Gi")).assert_ok()
    assert "volume claim grafana grows from 5Gi to 8Gi" in enlarged.result("Plan the releases")["summary"][0]
    assert (enlarged.changed > 0, stack.size("grafana")) == (True, "8Gi")
    assert plays.role("grafana", grafana("8Gi")).assert_ok().changed == 0

    back = plays.role("grafana", {**grafana("8Gi"), "grafana_state": "rolled_back", "grafana_revision": 1})
    assert "Go back to another revision than 1, one that asks for 8Gi" in back.failures[-1]
    # Helm can't take the claim back, and goes on all the same.
    interrupt(stack, "grafana")
    plays.role("grafana", grafana("8Gi"), arguments=AT_ONCE).assert_ok()
    assert plays.role("grafana", grafana("8Gi")).assert_ok().changed == 0


def test_the_queues_of_alloy_are_enlarged(plays: Plays, stack: Stack, growing: str) -> None:
    def alloy(size: str) -> dict[str, Any]:
        found = {"alloy_namespace": stack.namespace, "alloy_mode": "statefulset", "alloy_durable_queue_enabled": True}
        return {**found, "alloy_durable_queue_size": size, "alloy_durable_queue_storage_class": "growing"}

    plays.role("alloy", alloy("1Gi")).assert_ok()
    stack.bind("storage-alloy-0", "1Gi")
    plays.role("alloy", alloy("2Gi")).assert_ok()
    assert (stack.size("storage-alloy-0"), stack.template("alloy")) == ("2Gi", "2Gi")
