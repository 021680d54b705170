# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on real API servers: several clusters in one inventory, and calls that can't mean what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Outcome, Plays

ALL = {"prometheus", "tempo", "alloy", "grafana"}


def releases(server: ApiServer, namespace: str) -> set[str]:
    """Deployments and StatefulSets by name."""
    kinds = ("deployments", "statefulsets")
    return {name for kind in kinds for name in server.names(f"/apis/apps/v1/namespaces/{namespace}/{kind}")}


@pytest.mark.case("B4")
def test_each_host_of_an_inventory_has_its_own_cluster(
    plays: Plays, cluster: ApiServer, second_cluster: ApiServer
) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "bastion": {
            # Anything but `local` counts as another machine.
            "ansible_connection": "ansible.builtin.local",
            "k8s_tracing_kubeconfig": str(cluster.kubeconfig),
            "k8s_tracing_namespace": "team-a",
        },
        "second": {"k8s_tracing_kubeconfig": str(second_cluster.kubeconfig), "k8s_tracing_namespace": "team-b"},
    }

    def run(name: str, *arguments: str) -> Outcome:
        return plays.playbook(name, hosts=hosts, arguments=arguments)

    before = (cluster.namespaces(), second_cluster.namespaces())
    checked = run("site", "--check").assert_ok()
    assert (cluster.namespaces(), second_cluster.namespaces()) == before
    assert "The stack runs" not in checked.text
    site = run("site").assert_ok()
    summary = site.result("Print the outcome of each host")["msg"]
    assert [line.split("  ")[0].rstrip() for line in summary] == ["host", "bastion", "second"]
    column = summary[0].index("outcome")
    assert [line[column:] for line in summary] == ["outcome", "the stack runs", "the stack runs"]
    assert ["team-a" in line for line in summary] == [False, True, False]
    for server, own, other in ((cluster, "team-a", "team-b"), (second_cluster, "team-b", "team-a")):
        assert len(releases(server, own)) == len(ALL)
        assert other not in server.namespaces()
    run("uninstall", "--limit", "bastion").assert_ok()
    assert releases(cluster, "team-a") == set()
    assert len(releases(second_cluster, "team-b")) == len(ALL)
    run("uninstall").assert_ok()
    assert releases(second_cluster, "team-b") == set()


@pytest.mark.case("B4")
@pytest.mark.parametrize("name", ["site", "verify", "status", "uninstall"])
def test_hosts_that_an_inventory_names_in_vain_are_refused(plays: Plays, cluster: ApiServer, name: str) -> None:
    before = cluster.namespaces()
    outcome = plays.playbook(name, {"k8s_tracing_hosts": "bastion"})
    assert outcome.code != 0
    assert "put the hosts into a group k8s_tracing" in outcome.failures[-1]
    assert cluster.namespaces() == before


@pytest.mark.case("F10")
def test_a_proof_without_a_stack_makes_nothing(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    before = cluster.namespaces()
    for missing in ("nowhere", namespace):
        outcome = plays.playbook("verify", {"k8s_tracing_namespace": missing})
        assert outcome.code != 0
        assert outcome.failures[-1].startswith("No stack here: there is no ")
        assert missing in outcome.failures[-1]
    assert cluster.namespaces() == before
    assert cluster.names(f"/apis/batch/v1/namespaces/{namespace}/jobs") == []


@pytest.mark.case("F2", "F8")
def test_a_proof_that_ends_early_leaves_no_green_report(plays: Plays, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = {"one": {}, "two": {}}
    report = tmp_path / "report"
    variables = {"k8s_tracing_namespace": "nowhere", "k8s_tracing_report_dir": str(report)}
    outcome = plays.playbook("verify", variables, hosts=hosts)
    assert outcome.code != 0
    for host in hosts:
        suite = (report / host / "report.junit.xml").read_text()
        assert 'failures="1"' in suite and "No stack here: there is no namespace nowhere" in suite
        assert 'name="namespace" value="nowhere"' in suite and 'name="server" value="https://' in suite
        (told,) = {text for text in outcome.failures if text.endswith(f"Report: {report / host / 'report.html'}")}
        assert told.startswith("No stack here: ") and "Where: namespace nowhere, context " in told


Refused = tuple[str, dict[str, Any], tuple[str, ...], str]
CALLS: dict[str, Refused] = {
    "a slip": ("site", {}, ("-e", "k8s_tracing_namespce=foo"), "did you mean k8s_tracing_namespace?"),
    "a slip of a role": ("verify", {"tempo_namespce": "foo"}, (), "did you mean tempo_namespace?"),
    "a stranger": ("status", {"k8s_tracing_colour": "red"}, (), "k8s_tracing_colour is no setting of this collection."),
    "an invalid value": ("site", {"alloy_wait_timeout": "soon"}, (), "alloy_wait_timeout is 'soon': "),
    "tags": ("site", {}, ("--tags", "nonsense"), "No task has the tag nonsense: use prometheus"),
    "tags to remove": ("uninstall", {}, ("--tags", "tempo,nonsense"), "No task has the tag nonsense: use prometheus"),
}


@pytest.mark.case("F12")
@pytest.mark.parametrize("call", CALLS)
def test_calls_that_would_be_ignored_are_refused(plays: Plays, cluster: ApiServer, call: str) -> None:
    name, variables, arguments, words = CALLS[call]
    before = cluster.namespaces()
    outcome = plays.playbook(name, variables, arguments=arguments)
    assert outcome.code != 0
    assert words in outcome.failures[-1]
    assert "The stack runs" not in outcome.text
    assert cluster.namespaces() == before


@pytest.mark.case("F1")
def test_a_target_that_is_nowhere_is_refused(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    strict = {"k8s_tracing_allow_missing_targets": False, "alloy_namespace": namespace}
    outcome = plays.role("alloy", strict)
    assert outcome.code != 0
    assert f"alloy_tempo_endpoint leads to tempo.{namespace}.svc:4317" in outcome.failures[-1]
    assert releases(cluster, namespace) == set()
    both = [
        {"ansible.builtin.include_role": {"name": f"tracelab.k8s_tracing.{role}"}, "name": f"Run {role}"}
        for role in ("prometheus", "tempo", "alloy")
    ]
    everywhere = {f"{role}_namespace": namespace for role in ALL}
    plays.run(both, {**strict, **everywhere}, arguments=["--check"]).assert_ok()


def test_a_later_run_changes_only_what_differs(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    """All releases are planned in one task, and there is no memory of the run before."""
    given = {"k8s_tracing_namespace": namespace, "k6_trace_generator_duration": "endless"}
    first = plays.playbook("site", given).assert_ok()
    assert len(first.result("Plan the releases")["releases"]) == len(ALL) + 1
    again = plays.playbook("site", given).assert_ok()
    assert {found["action"] for found in again.result("Plan the releases")["releases"].values()} == {"none"}
    assert again.changed == 0
    policy = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/alloy"
    assert cluster.ask("DELETE", policy).status == 200
    assert plays.playbook("site", given).assert_ok().changed == 1
    assert cluster.ask("GET", policy).status == 200
    seen = plays.playbook("site", {**given, "tempo_retention": "49h"}, arguments=["--check"]).assert_ok()
    (line,) = seen.result("Print what has to be done")["msg"]
    assert line.startswith(f"upgrade release tempo in namespace {namespace}: value ")


def test_roles_of_one_play_may_have_clusters_of_their_own(
    plays: Plays, cluster: ApiServer, second_cluster: ApiServer, namespace: str
) -> None:
    second_cluster.make_namespace(namespace)
    given = {"k8s_tracing_namespace": namespace, "tempo_kubeconfig": str(second_cluster.kubeconfig)}
    done = plays.playbook("site", given).assert_ok()
    servers = {found["server"] for found in done.result("Plan the releases")["connections"].values()}
    assert servers == {cluster.url, second_cluster.url}
    assert releases(second_cluster, namespace) == {"tempo"}
    assert "tempo" not in releases(cluster, namespace)
    assert len(releases(cluster, namespace)) == len(ALL) - 1
    second_cluster.remove_namespace(namespace)


@pytest.mark.case("F7")
def test_a_part_without_replicas_is_in_the_state_and_fails_on_request(
    plays: Plays, cluster: ApiServer, namespace: str
) -> None:
    where = {"k8s_tracing_namespace": namespace}
    plays.role("alloy", where).assert_ok()
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/alloy"
    assert cluster.ask("GET", path).status == 200
    scale = cluster.ask("GET", f"{path}/scale").content
    assert cluster.ask("PUT", f"{path}/scale", {**scale, "spec": {"replicas": 0}}).status == 200
    quick = {**where, "k8s_tracing_status_seconds": 1}
    screen = plays.playbook("status", quick).assert_ok().result("Print the state of the stack")["msg"]
    rows = {line.split()[0]: line for line in screen[1 : screen.index("")]}
    assert "scaled to 0 replicas" in rows["alloy"] and f"not found in namespace {namespace}" in rows["tempo"]
    file = plays.folder / "status.json"
    asked = {**quick, "k8s_tracing_status_format": "json", "k8s_tracing_status_file": str(file)}
    outcome = plays.playbook("status", {**asked, "k8s_tracing_status_fail": True})
    assert outcome.code != 0 and "alloy is scaled to 0 replicas." in outcome.failures[-1]
    found = json.loads(file.read_text())
    assert found == outcome.result("Print the state of the stack")["msg"]
    assert (found["ok"], found["place"]["namespace"]) == (False, namespace)
