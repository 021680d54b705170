# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one process of Tempo to components: where it stands, its steps, and each refusal with its neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.upgrade import scale_out_state, scale_out_steps

NAMESPACE = "tracing"
S3 = {"bucket": "traces", "endpoint": "s3:7070", "prefix": ""}
NAME = "tempo/tracing/tempo-distributed"


def workload(name: str, release: str, kind: str = "StatefulSet", **labels: str) -> dict[str, Any]:
    own = {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": release, **labels}
    return {"kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, "labels": own}}


PROCESS = workload("tempo", "tempo")
COMPONENTS = [
    workload("tempo-distributed-live-store", "tempo-distributed"),
    workload("tempo-distributed-distributor", "tempo-distributed", "Deployment"),
    workload("tempo-distributed-querier", "tempo-distributed", "Deployment"),
]


def at(*objects: dict[str, Any], name: str = "tempo-distributed", mode: str = "distributed") -> dict[str, Any]:
    return scale_out_state(list(objects), "tempo", name, NAMESPACE, mode)


def test_it_can_begin_and_go_on_while_both_are_there() -> None:
    assert at(PROCESS) == at(PROCESS, *COMPONENTS) == {"done": False, "problems": []}


def test_it_is_done_when_the_components_are_alone() -> None:
    assert at(*COMPONENTS) == {"done": True, "problems": []}
    # Installed in components from the start, under the name that is the process's by default.
    own = workload("tempo-distributor", "tempo", "Deployment")
    assert at(own, name="tempo")["done"]


def test_other_releases_and_other_workloads_of_the_namespace_do_not_count() -> None:
    canary = workload("tempo-vulture", "tempo", "Deployment", **{"app.kubernetes.io/name": "tempo-vulture"})
    elsewhere = workload("tempo", "tempo")
    elsewhere["metadata"]["namespace"] = "other"
    for others in ([canary], [elsewhere], [{"kind": "Pod", **PROCESS} | {"kind": "Pod"}]):
        assert at(*others)["problems"][0].startswith("No Tempo here: release tempo in namespace tracing")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (at(), "No Tempo here: release tempo in namespace tracing has no workload. Set k8s_tracing_scale_out_from"),
        (at(PROCESS, mode="monolithic"), "tempo_mode is monolithic: the settings say what is to come, so set it to"),
        (at(PROCESS, name="tempo"), "tempo_release_name is tempo, as is the release of the one process. Both have to"),
        (
            at(*COMPONENTS, mode="monolithic"),
            "release tempo-distributed in namespace tracing runs Tempo in components:",
        ),
        (at(*COMPONENTS, mode="monolithic"), "there is no way back by this playbook. One process reads no Kafka"),
        (
            at(workload("tempo-distributor", "tempo", "Deployment")),
            "Release tempo in namespace tracing runs Tempo in components already",
        ),
        (
            at(workload("tempo-distributor", "tempo", "Deployment"), name="single", mode="monolithic"),
            "release tempo in namespace tracing runs Tempo in components: there is no way back by this playbook",
        ),
    ],
    ids=["nothing", "mode", "same_name", "back", "back_why", "components_already", "back_from_the_default_name"],
)
def test_it_does_not_begin_where_it_can_not(given: dict[str, Any], words: str) -> None:
    (said,) = given["problems"]
    assert words in said and not given["done"]


def running(version: str = "3.0.3", **more: Any) -> dict[str, Any]:
    """What the one process says of itself."""
    trace = {"backend": "s3", "s3": S3, "block": {"version": "vParquet4"}, **more.pop("trace", {})}
    config = {
        "storage": {"trace": trace},
        "multitenancy_enabled": False,
        "backend_worker": {"compaction": {"block_retention": "48h0m0s"}},
        **more,
    }
    return {"version": version, "config": config}


def values(**more: Any) -> dict[str, Any]:
    """Values of the components that go on with it."""
    retention = more.pop("retention", "48h")
    return {
        "storage": {"trace": {"backend": "s3", "s3": S3, **more.pop("trace", {})}},
        "multitenancyEnabled": False,
        "backendScheduler": {"config": {"provider": {"compaction": {"compaction": {"block_retention": retention}}}}},
        **more,
    }


def steps(tempo: Mapping[str, Any], wanted: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    tag = more.pop("tag", "3.0.3")
    services = more.pop("services", [])
    plan = {
        "action": "install",
        "installed": {},
        "planned": {"chart": "tempo-distributed", "chart_version": "3.3.0", "images": [f"grafana/tempo:{tag}"]},
        "reasons": ["there is no such release"],
    }
    alloy = {
        "action": "upgrade",
        "installed": {"chart": "alloy", "chart_version": "1.11.1", "images": ["grafana/alloy:v1.19.0"]},
        "planned": {"chart": "alloy", "chart_version": "1.11.1", "images": ["grafana/alloy:v1.19.0"]},
        "reasons": ["value alloy.configMap.content changes"],
    }
    part = {
        "part": "tempo",
        "namespace": NAMESPACE,
        "release_name": "tempo-distributed",
        "state": "present",
        "images": [],
    }
    sender = {**part, "part": "alloy", "release_name": "alloy", "images": ["docker.io/grafana/alloy:v1.19.0"]}
    return scale_out_steps(
        [part, sender],
        "tempo",
        {NAME: {**plan, **more.pop("plan", {})}, "alloy/tracing/alloy": {**alloy, **more.pop("alloy", {})}},
        {
            NAME: {"forward_only": {"version": tag}, "values": wanted or values()},
            "alloy/tracing/alloy": {"preflight": {"services": services}},
        },
        tempo,
        1_800_000_000.0,
    )


def test_the_steps_are_told() -> None:
    found = steps(running())
    assert found["problems"] == []
    assert found["lines"] == [
        "1. tempo: 3.0.3 is installed as release tempo-distributed, chart tempo-distributed 3.3.0",
        "2. alloy: stays v1.19.0, chart alloy stays 1.11.1",
        "   value alloy.configMap.content changes",
        "3. tempo: what release tempo has stored is found through the components, and it is removed; its volume claim "
        "stays",
    ]
    assert [one["part"] for one in found["steps"]] == ["tempo", "alloy"]


def test_what_was_done_by_an_interrupted_run_is_no_step() -> None:
    done = {"action": "none", "installed": {"chart": "tempo-distributed"}, "planned": {"chart": "tempo-distributed"}}
    found = steps(running(), plan=done, alloy={"action": "none"})
    assert (found["steps"], found["problems"]) == ([], [])
    assert found["lines"][0].startswith("1. tempo: what release tempo has stored is found")
    # What must hold for the blocks is looked at all the same.
    assert steps(running(trace={"backend": "local"}), plan=done)["problems"]


TO_ALLOY = {
    "name": "tempo",
    "namespace": NAMESPACE,
    "option": "alloy_tempo_endpoint",
    "address": "tempo.tracing.svc:4317",
}
# By name: what is refused with these words, and the closest that is not.
ROWS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "silent": (
        steps({"msg": "Tempo does not answer"}),
        "Tempo of release tempo does not say what it is and where its blocks are (Tempo does not answer)",
        steps(running()),
    ),
    "hidden_configuration": (steps({"version": "3.0.3"}), "does not say what it is", steps(running())),
    "tempo_2": (
        steps(running("2.10.8")),
        "runs Tempo 2.10.8, and components take Tempo 3: go to Tempo 3 in one process first, by the playbook upgrade",
        steps(running("3.0.0")),
    ),
    "older": (
        steps(running("3.1.0")),
        "runs Tempo 3.1.0, and tempo_image_tag is 3.0.3, an older one: take 3.1.0.",
        steps(running("3.0.1")),
    ),
    "block_format": (
        steps(running(trace={"block": {"version": "vParquet3"}})),
        "Tempo 3.0.3 writes blocks in vParquet3, which Tempo 3.0.3 does not read: leave block.version out first",
        steps(running(trace={"block": {"version": "vParquet5"}})),
    ),
    "local": (
        steps(running(trace={"backend": "local"})),
        "keeps its blocks on a volume of its own (tempo_storage_backend local), which no component reads",
        steps(running()),
    ),
    "backend": (
        steps(running(trace={"backend": "gcs", "gcs": {"bucket_name": "traces"}})),
        "keeps its blocks in gcs, and tempo_storage_backend is s3: take gcs.",
        steps(
            running(trace={"backend": "gcs", "gcs": {"bucket_name": "traces"}}),
            values(trace={"backend": "gcs", "gcs": {"bucket_name": "traces"}}),
        ),
    ),
    "bucket": (
        steps(running(), values(trace={"s3": {**S3, "bucket": "other"}})),
        "keeps its blocks at bucket 'traces', and tempo_storage_s3.bucket is 'other', where they would not be found",
        steps(running(), values(trace={"s3": {**S3, "region": "eu"}})),
    ),
    "prefix": (
        steps(running(trace={"s3": {**S3, "prefix": "a"}})),
        "keeps its blocks at prefix 'a', and tempo_storage_s3.prefix is ''",
        steps(running(trace={"s3": {**S3, "prefix": "/a/"}}), values(trace={"s3": {**S3, "prefix": "a"}})),
    ),
    "azure_account": (
        steps(
            running(trace={"backend": "azure", "azure": {"storage_account_name": "one", "container_name": "traces"}}),
            values(trace={"backend": "azure", "azure": {"storage_account_name": "two", "container_name": "traces"}}),
        ),
        "storage_account_name 'one', and tempo_storage_azure.storage_account_name is 'two'",
        steps(running()),
    ),
    "tenancy": (
        steps(running(multitenancy_enabled=True)),
        "Multitenancy is on in what runs, and tempo_multitenancy_enabled is false",
        steps(running(multitenancy_enabled=True), values(multitenancyEnabled=True)),
    ),
    "retention": (
        steps(running(), values(retention="24h")),
        "Blocks are kept for 48 hours, and with these settings for 24: older ones would be deleted at once",
        steps(running(), values(retention="72h")),
    ),
    "named": (
        steps(running(), services=[TO_ALLOY]),
        "alloy_tempo_endpoint leads to tempo.tracing.svc:4317, which goes with release tempo",
        steps(running(), services=[{**TO_ALLOY, "namespace": "other"}]),
    ),
    "pending": (
        steps(running(), plan={"action": "recover", "status": "pending-install"}),
        "The last revision of release tempo-distributed in namespace tracing is pending-install",
        steps(running(), plan={"action": "upgrade", "installed": {"chart": "tempo-distributed"}}),
    ),
    "no_record_of_alloy": (
        steps(running(), alloy={"action": "install"}),
        "alloy runs in namespace tracing, and Helm has no record of release alloy",
        steps(running()),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_refusal_by_name_and_its_neighbour(name: str) -> None:
    refused, words, neighbour = ROWS[name]
    (said,) = refused["problems"]
    assert words in said
    assert neighbour["problems"] == []


@pytest.mark.parametrize("wrong", ["tempo", 3, None])
def test_what_is_no_list_is_refused(wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="takes a list"):
        scale_out_state(wrong, "tempo", "new", NAMESPACE, "distributed")
    with pytest.raises(AnsibleFilterError, match="takes a list"):
        scale_out_steps(wrong, "tempo", {}, {}, {})


def test_what_has_another_shape_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not as Kubernetes has them"):
        scale_out_state([3], "tempo", "new", NAMESPACE, "distributed")
    with pytest.raises(AnsibleFilterError, match="not as they were read"):
        scale_out_steps([{}], "tempo", {}, {}, {})
