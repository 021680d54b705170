# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything acts on the one cluster that was looked at, whichever way it is named."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from kubeconfigs import WAYS, Maker, Way, everything, joined
from live_plays import CHARTS, Outcome, Plays
from loopback import program


def namespace_of(make: Callable[[Maker], Way]) -> str:
    return f"way-{make.__name__.replace('_', '-')}"


@pytest.fixture(scope="module")
def installed(
    cluster: ApiServer, second_cluster: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Outcome, str, str]]:
    """Tempo, in a namespace that is not there yet, by each of the ways: the run, and the other cluster around it."""
    hosts: dict[str, dict[str, Any]] = {}
    for make in WAYS:
        way = make(Maker(tmp_path_factory.mktemp(make.__name__), cluster, second_cluster))
        hosts[make.__name__] = {
            "tempo_namespace": namespace_of(make),
            "k8s_tracing_kubeconfig": way.kubeconfig,
            "k8s_tracing_kube_context": way.context,
            "own_environment": way.environment,
            "k8s_tracing_allow_missing_targets": True,
        }
    before = everything(second_cluster)
    plays = Plays(cluster, tmp_path_factory.mktemp("plays"))
    role = {"name": "Install Tempo", "ansible.builtin.import_role": {"name": "tracelab.k8s_tracing.tempo"}}
    outcome = plays.run([{**role, "environment": "{{ own_environment }}"}], hosts=hosts, arguments=["--forks", "4"])
    yield outcome, before, everything(second_cluster)
    for make in WAYS:
        cluster.remove_namespace(namespace_of(make))


@pytest.mark.case("B2")
@pytest.mark.parametrize("make", WAYS, ids=lambda make: make.__name__)
def test_each_way_leads_to_the_cluster_for_all_that_acts(
    installed: tuple[Outcome, str, str], cluster: ApiServer, make: Callable[[Maker], Way]
) -> None:
    outcome, _before, _after = installed
    failed = [row["result"].get("msg") for row in outcome.tasks if row["failed"] and row["host"] == make.__name__]
    assert failed == []
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace_of(make)}/statefulsets") == ["tempo"]


@pytest.mark.case("B1")
def test_no_way_changes_anything_in_another_cluster(installed: tuple[Outcome, str, str]) -> None:
    _outcome, before, after = installed
    assert after == before


class Pair:
    """Two clusters in one kubeconfig, whose current context is the first, while the environment names the second."""

    def __init__(self, plays: Plays, first: ApiServer, second: ApiServer, namespace: str) -> None:
        self.plays = plays
        self.first = first
        self.second = second
        self.namespace = namespace
        self.kubeconfig = joined(plays.folder / "both", first.kubeconfig, second.kubeconfig)

    def helm(self, context: str, *arguments: str) -> None:
        command = [str(program("helm")), "--namespace", self.namespace, "--kube-context", context, *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.plays.folder), "KUBECONFIG": str(self.kubeconfig)}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)

    def install_twice(self) -> None:
        for context in (self.first.name, self.second.name):
            for turn in ("1", "2"):
                values = ("--set", f"podAnnotations.turn=t{turn}")
                self.helm(context, "upgrade", "--install", "tempo", str(CHARTS / "tempo"), *values)

    def revisions(self, cluster: ApiServer) -> list[str]:
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        return [name for name in cluster.names(path) if name.startswith("sh.helm.release")]

    def role(self, arguments: Sequence[str] = (), **variables: Any) -> Outcome:
        return self.plays.role(
            "tempo",
            {
                "tempo_namespace": self.namespace,
                "k8s_tracing_kubeconfig": "",
                "k8s_tracing_allow_missing_targets": True,
                "tempo_persistence_enabled": False,  # as the chart has it by itself
                **variables,
            },
            environment={"K8S_AUTH_KUBECONFIG": str(self.kubeconfig), "K8S_AUTH_CONTEXT": self.second.name},
            arguments=arguments,
        )


@pytest.fixture
def pair(plays: Plays, cluster: ApiServer, second_cluster: ApiServer, namespace: str) -> Iterator[Pair]:
    second_cluster.make_namespace(namespace)
    yield Pair(plays, cluster, second_cluster, namespace)
    second_cluster.remove_namespace(namespace)


@pytest.mark.case("B1")
def test_a_rollback_is_done_where_the_plan_looked(pair: Pair) -> None:
    pair.install_twice()
    before = everything(pair.first, pair.namespace)
    pair.role(tempo_state="rolled_back").assert_ok()
    assert everything(pair.first, pair.namespace) == before
    assert len(pair.revisions(pair.second)) == 3


@pytest.mark.case("B1")
def test_an_adoption_is_done_where_the_plan_looked(pair: Pair) -> None:
    account = {"metadata": {"name": "tempo"}}
    pair.second.create(f"/api/v1/namespaces/{pair.namespace}/serviceaccounts", account)
    before = everything(pair.first, pair.namespace)
    pair.role(tempo_adopt=True).assert_ok()
    assert everything(pair.first, pair.namespace) == before
    assert len(pair.revisions(pair.second)) == 1


@pytest.mark.case("B1")
def test_an_interrupted_release_is_recovered_where_the_plan_looked(pair: Pair) -> None:
    pair.install_twice()
    for revision, status in zip(pair.revisions(pair.second), ("deployed", "pending-upgrade"), strict=True):
        path = f"/api/v1/namespaces/{pair.namespace}/secrets/{revision}"
        assert pair.second.ask("PUT", path, with_status(pair.second.ask("GET", path).content, status)).status == 200
    before = everything(pair.first, pair.namespace)
    pair.role(arguments=["--extra-vars", "_helm_release_pending_grace=2"]).assert_ok()
    assert everything(pair.first, pair.namespace) == before
    assert len(pair.revisions(pair.second)) == 4


def with_status(secret: dict[str, Any], status: str) -> dict[str, Any]:
    """A release record as a helm leaves it that was killed."""
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    record["info"]["status"] = status
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
    labels = {**secret["metadata"]["labels"], "status": status}
    return {**secret, "data": {"release": packed}, "metadata": {**secret["metadata"], "labels": labels}}


@pytest.mark.case("B1")
@pytest.mark.parametrize("name", ["K8S_AUTH_HOST", "K8S_AUTH_API_KEY", "K8S_AUTH_VERIFY_SSL"])
def test_what_only_a_part_would_follow_is_refused(plays: Plays, cluster: ApiServer, namespace: str, name: str) -> None:
    outcome = plays.role("tempo", {"tempo_namespace": namespace}, environment={name: "https://127.0.0.1:1"})
    assert outcome.code != 0
    assert f"{name} is set" in outcome.failures[-1]
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == []


@pytest.mark.case("B3")
@pytest.mark.parametrize("where", ["environment", "kubeconfig"])
def test_a_dead_proxy_is_named(plays: Plays, cluster: ApiServer, tmp_path: Path, where: str) -> None:
    server = {"server": "https://api.test:6443", "certificate-authority": str(cluster.ca)}
    if where == "kubeconfig":
        server["proxy-url"] = "http://127.0.0.1:1"
    config = cluster.write_kubeconfig(tmp_path / "config", cluster=server)
    environment = {"HTTPS_PROXY": "http://127.0.0.1:1"} if where == "environment" else {}
    outcome = plays.role("tempo", {"k8s_tracing_kubeconfig": str(config)}, environment=environment)
    assert outcome.code != 0
    said = "HTTPS_PROXY" if where == "environment" else "proxy-url in the kubeconfig"
    assert f"The proxy http://127.0.0.1:1 ({said}) does not lead to" in outcome.failures[-1]
