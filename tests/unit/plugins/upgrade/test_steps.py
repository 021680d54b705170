# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of an upgrade, and what is refused: each refusal by name, and its neighbour that is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.upgrade import installed_parts, upgrade_steps
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.refusals import REFUSALS

NOW = 1_800_000_000.0
HOUR = 3600.0
PERSISTENT = {"persistence": {"enabled": True}, "tempo": {"storage": {"trace": {"backend": "local"}}}}


FLUSHES = {"ingester": {"flush_all_on_shutdown": True}}


def part(name: str, image: str) -> dict[str, Any]:
    return {"part": name, "namespace": "tracing", "release_name": name, "state": "present", "images": [image]}


def side(chart: str, version: str, app: str, *images: str) -> dict[str, Any]:
    return {"chart": chart, "chart_version": version, "app_version": app, "images": list(images)}


def tempo(old: str, new: str, **more: Any) -> dict[str, Any]:
    """What upgrade_steps takes for a Tempo that goes from one version to another."""
    chart = more.pop("chart", "tempo")
    plan = {
        "action": "upgrade",
        "status": "deployed",
        "installed": side(chart, "2.2.4", old, f"docker.io/grafana/tempo:{old}"),
        "planned": side(more.pop("new_chart", chart), "2.2.4", new, f"mirror:5000/grafana/tempo:{new}"),
        "history": [],
        "reasons": ["value tempo.tag changes"],
    }
    running = more.pop("running", {"config": FLUSHES})
    options = {"forward_only": {"version": new}, "values": more.pop("values", PERSISTENT)}
    name = "tempo/tracing/tempo"
    image = f"docker.io/grafana/tempo:{old}"
    return {
        "parts": [part("tempo", image)],
        "plans": {name: {**plan, **more}},
        "options": {name: options},
        "tempo": running,
        "now": NOW,
    }


def other(name: str, old: str, new: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    image = f"example.com/{name}"
    plan = {
        "action": "upgrade",
        "installed": side(name, "1.0.0", old, f"{image}:{old}"),
        "planned": side(name, "1.1.0", new, f"{image}:{new}"),
    }
    key = f"{name}/tracing/{name}"
    options = {key: {"values": values or {}}}
    return {"parts": [part(name, f"{image}:{old}")], "plans": {key: plan}, "options": options, "now": NOW}


def configured(version: str, retention: str = "48h0m0s") -> dict[str, Any]:
    block = {"storage": {"trace": {"block": {"version": version}}}}
    return {
        "version": "2.10.8",
        "config": {**FLUSHES, **block, "compactor": {"compaction": {"block_retention": retention}}},
    }


def revisions(*found: tuple[str, float | None]) -> list[dict[str, Any]]:
    return [{"revision": at, "version": version, "deployed": when} for at, (version, when) in enumerate(found, 1)]


# By the refusal: what is refused with these words, and the closest that is not.
ROWS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "pending": (
        tempo("2.8.0", "2.9.0", action="recover", status="pending-upgrade", planned={}),
        "The last revision of release tempo in namespace tracing is pending-upgrade: an operation runs, or one was "
        "interrupted. Let it end.",
        tempo("2.8.0", "2.9.0", status="failed"),
    ),
    "no_record": (
        tempo("2.8.0", "2.9.0", action="install", installed={}),
        "Helm has no record of release tempo in namespace tracing: let the playbook site take it over with tempo_adopt",
        tempo("2.8.0", "2.9.0"),
    ),
    "another_chart": (
        tempo("2.10.8", "2.10.8", new_chart="tempo-distributed"),
        "is of chart tempo, and the settings ask for tempo-distributed, which is another installation and no upgrade: "
        "leave tempo_mode and tempo_chart_ref as they were, or go over to it by the playbook scale_out.",
        tempo("2.10.8", "2.10.8"),
    ),
    "distributed_in_place": (
        tempo("2.10.7", "3.0.3", chart="tempo-distributed", values={}),
        "install Tempo 3 beside it, under another tempo_release_name and on the same object store",
        tempo("3.0.1", "3.0.3", chart="tempo-distributed", values={}),
    ),
    "unknown_version": (
        # What the chart is made for is not what such a tag stands for.
        tempo("latest", "2.9.0", installed=side("tempo", "2.2.4", "2.8.0", "docker.io/grafana/tempo:latest")),
        "It is not known which Tempo runs as release tempo in namespace tracing, by its image ('latest')",
        tempo("latest", "2.9.0", running={"version": "2.8.0"}),
    ),
    "blocks": (
        tempo("2.5.0", "3.0.3"),
        "Tempo 2.5.0 writes blocks in vParquet3, which Tempo 3.0.3 does not read: upgrade to Tempo 2.10 first, which "
        "writes vParquet4, wait for as long as tempo_retention, and go on then.",
        tempo("2.6.0", "3.0.3"),
    ),
    "older_blocks": (
        tempo("2.10.8", "3.0.3", history=revisions(("2.5.0", NOW - 90 * HOUR), ("2.10.8", NOW - 24 * HOUR))),
        "Revision 1 of release tempo in namespace tracing ran Tempo 2.5.0, which wrote blocks in vParquet3. "
        "Tempo 3.0.3 does not read them, and they are kept until 2027-01-28 08:00 UTC",
        tempo("2.10.8", "3.0.3", history=revisions(("2.5.0", NOW - 900 * HOUR), ("2.10.8", NOW - 400 * HOUR))),
    ),
    "unflushed": (
        tempo(
            "2.10.8", "3.0.3", running={"version": "2.10.8", "config": {"ingester": {"flush_all_on_shutdown": False}}}
        ),
        "Tempo 2.10.8 leaves what no block has yet in its write-ahead log when it stops "
        "(ingester.flush_all_on_shutdown), and Tempo 3.0.3 does not read that log: run the playbook site with "
        "tempo_image_tag 2.10.8 first",
        tempo("2.9.0", "2.10.8", running={}),
    ),
    "block_version": (
        tempo("2.10.8", "3.0.3", values={"tempo": {"storage": {"trace": {"block": {"version": "vParquet3"}}}}}),
        "tempo_values asks for blocks in vParquet3, which Tempo 3.0.3 does not write: "
        "leave block.version out, so that it is vParquet4.",
        tempo("2.10.8", "3.0.3", values={"storage": {"trace": {"block": {"version": "vParquet5"}}}}),
    ),
    "volatile": (
        tempo("2.8.0", "2.9.0", values={"tempo": {"storage": {"trace": {"backend": "local"}}}}),
        "tempo_persistence_enabled is false with tempo_storage_backend local, so that a restart loses all traces",
        tempo("2.8.0", "2.9.0", values={"tempo": {"storage": {"trace": {"backend": "s3"}}}}),
    ),
    "prometheus_back": (
        other("prometheus", "v3.14.0", "v2.54.1"),
        "Prometheus v2.54.1 does not read what Prometheus v3.14.0 has written: take 2.55 or newer",
        other("prometheus", "v3.14.0", "v2.55.0"),
    ),
    "grafana_back": (
        other("grafana", "13.2.0", "12.3.1", {"persistence": {"enabled": True}}),
        "Grafana 13.2.0 has migrated its database, which Grafana 12.3.1 does not know: restore its volume",
        other("grafana", "13.2.0", "13.1.0", {"persistence": {"enabled": True}}),
    ),
}


def test_each_refusal_has_a_row() -> None:
    assert set(ROWS) == set(REFUSALS)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_refused(name: str) -> None:
    given, words, _accepted = ROWS[name]
    (said,) = upgrade_steps(**given)["problems"]
    assert words in said


@pytest.mark.parametrize("name", ROWS)
def test_the_closest_that_is_not_refused(name: str) -> None:
    found = upgrade_steps(**ROWS[name][2])
    assert found["problems"] == [] and len(found["steps"]) == 1


WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "from_components_to_one_process": (
        tempo("3.0.3", "3.0.3", chart="tempo-distributed", new_chart="tempo"),
        "or install it beside under another name and switch over.",
    ),
    "a_format_that_was_asked_for": (
        tempo("2.10.8", "3.0.3", running=configured("vParquet3")),
        "leave its block.version out, or set it to vParquet4, by the playbook site, wait for",
    ),
    "back_within_a_major": (tempo("2.6.0", "2.4.0"), "stay with a version that reads it, or remove the release"),
    "by_several_steps": (tempo("1.5.0", "2.10.8"), "go by one minor version of Tempo at a time"),
    "a_skipped_step": (tempo("2.3.1", "2.10.8"), "upgrade to Tempo 2.9 first, which writes vParquet4"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_way_around(name: str) -> None:
    given, words = WAYS[name]
    (said,) = upgrade_steps(**given)["problems"]
    assert words in said


FINE: dict[str, dict[str, Any]] = {
    "back_where_blocks_are_read": tempo("2.10.8", "2.9.0"),
    # It was lost before, and nothing gets worse.
    "what_is_not_read_now_either": tempo("2.10.8", "2.10.9", running=configured("vParquet2")),
    "the_same_format_again": tempo("2.10.8", "3.0.3", history=revisions(("2.9.0", NOW - 9), ("2.10.8", NOW - 1))),
    "revisions_of_unknown_versions": tempo("2.10.8", "3.0.3", history=revisions(("", NOW - 9), ("2.10.8", NOW))),
    "shorter_retention": tempo(
        "2.10.8",
        "3.0.3",
        history=revisions(("2.5.0", NOW - 90 * HOUR), ("2.10.8", NOW - 24 * HOUR)),
        running=configured("vParquet4", "12h0m0s"),
    ),
    "a_major_alone": tempo("2.10.8", "3", planned=side("tempo", "3.1.1", "3.0.3", "docker.io/grafana/tempo:latest")),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_not_refused(name: str) -> None:
    assert upgrade_steps(**FINE[name])["problems"] == []


def test_a_time_that_a_record_does_not_say_may_be_any() -> None:
    given = tempo("2.10.8", "3.0.3", history=revisions(("2.5.0", None), ("2.10.8", None)))
    (said,) = upgrade_steps(**given)["problems"]
    assert "which wrote blocks in vParquet3" in said


def test_the_major_of_a_moving_tag_counts() -> None:
    given = tempo("2.5.0", "3", planned=side("tempo", "3.1.1", "", "docker.io/grafana/tempo:latest"))
    (said,) = upgrade_steps(**given)["problems"]
    assert "which Tempo 3 does not read" in said


def test_the_lines_tell_versions_in_order_and_what_stays() -> None:
    given = tempo("2.8.0", "2.9.0")
    alloy = {"action": "none", "installed": side("alloy", "1.11.1", "v1.19.0"), "planned": {}}
    parts = [*given.pop("parts"), part("alloy", "docker.io/grafana/alloy:v1.18.1@sha256:00"), part("grafana", "g:1")]
    given["plans"]["alloy/tracing/alloy"] = alloy
    found = upgrade_steps(parts, **given)
    assert found["lines"] == [
        "1. tempo: 2.8.0 to 2.9.0, chart tempo stays 2.2.4",
        "   value tempo.tag changes",
        "alloy stays as it is: v1.18.1, chart alloy 1.11.1",
    ]
    assert [step["part"] for step in found["steps"]] == ["tempo"]


def test_what_nobody_knows_is_told_as_that() -> None:
    given = tempo("2.8.0", "2.9.0", planned={}, values={})
    given["options"] = {}
    assert upgrade_steps(**given)["lines"][0] == "1. tempo: 2.8.0 to (unknown), chart tempo 2.2.4 to (unknown)"


def test_what_tempo_2_holds_is_handed_over_to_tempo_3_and_searched_later() -> None:
    (step,) = upgrade_steps(**tempo("2.10.8", "3.0.3"))["steps"]
    assert (step["flush"], step["search_after"]) == (True, 900)
    (step,) = upgrade_steps(**tempo("2.9.0", "2.10.8"))["steps"]
    assert (step["flush"], step["search_after"]) == (False, 0)
    # Without an answer nobody knows.
    (said,) = upgrade_steps(**tempo("2.10.8", "3.0.3", running={}))["problems"]
    assert "does not read that log" in said


def test_nothing_to_do_is_told() -> None:
    found = upgrade_steps(**tempo("2.8.0", "2.8.0", action="none", planned={}))
    assert (found["steps"], found["problems"]) == ([], [])
    assert found["lines"] == ["Everything runs in the versions and with the values that the settings ask for."]


BACK: dict[str, tuple[dict[str, Any], str]] = {
    "where_it_can": (tempo("2.8.0", "2.9.0"), "To roll back: ansible-playbook tracelab.k8s_tracing.site --tags tempo"),
    "from_3": (tempo("2.10.8", "3.0.3"), "can't be rolled back: Tempo 2 does not read what Tempo 3 has written."),
    "from_a_newer_format": (tempo("2.4.0", "2.6.0"), "does not read blocks in vParquet4, which Tempo 2.6.0 writes."),
    "from_a_format_of_the_settings": (
        tempo("2.9.0", "2.10.8", values={"tempo": {"storage": {"trace": {"block": {"version": "vParquet5"}}}}}),
        "Tempo 2.9.0 does not read blocks in vParquet5, which Tempo 2.10.8 writes.",
    ),
    "of_prometheus": (other("prometheus", "v2.50.0", "v3.14.0"), "Prometheus v2.50.0 does not read"),
    "of_grafana": (other("grafana", "12.3.0", "13.2.0"), "-e grafana_state=rolled_back"),
    "of_grafana_with_a_volume": (
        other("grafana", "12.3.0", "13.2.0", {"persistence": {"enabled": True}}),
        "grafana can't be rolled back: Grafana 13.2.0 has migrated its database",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BACK)
def test_how_to_go_back(name: str) -> None:
    given, words = BACK[name]
    (step,) = upgrade_steps(**given)["steps"]
    assert words in step["back"]


def workload(name: str, image: str, kind: str = "Deployment", release: str = "") -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release or name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "proxy", "image": "p:1"}, {"name": name, "image": image}]},
    }
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "tracing", "labels": labels},
        "spec": {"template": template},
    }


def known(name: str, state: str = "present") -> dict[str, Any]:
    return {"part": name, "namespace": "tracing", "release_name": name, "state": state, "services": [name]}


def test_the_parts_that_are_there_in_their_order() -> None:
    found = installed_parts(
        [known("alloy"), known("tempo"), known("grafana"), known("prometheus", "absent")],
        [
            workload("alloy", "docker.io/grafana/alloy:v1"),
            workload("tempo", "docker.io/grafana/tempo:2.8.0", "StatefulSet"),
            workload("tempo", "docker.io/grafana/tempo:2.7.0", "StatefulSet"),
            workload("prometheus", "prom/prometheus:v3"),
            workload("grafana", "grafana/grafana:13", release="theirs"),
            {**workload("grafana", "g:1"), "kind": "Job"},
        ],
    )
    assert [one["part"] for one in found] == ["tempo", "alloy"]
    assert found[0]["images"] == ["docker.io/grafana/tempo:2.7.0", "docker.io/grafana/tempo:2.8.0"]
    assert found[0]["state"] == "present"


@pytest.mark.parametrize("call", [lambda: installed_parts(None, []), lambda: upgrade_steps("x", {}, {})])
def test_what_are_no_parts(call: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="takes a list of parts"):
        call()


def test_what_has_another_shape_is_told() -> None:
    with pytest.raises(AnsibleFilterError, match="are not as Kubernetes has them"):
        installed_parts([known("tempo")], [{"kind": "Deployment"}])
    with pytest.raises(AnsibleFilterError, match="not as they were read"):
        upgrade_steps([part("tempo", "t:1")], {"tempo/tracing/tempo": {}}, {})
