# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods with more containers than the chart gives them: a mesh's proxy, before or behind the one that counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.generator import k6_run
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import main_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import name_and_tag

pytestmark = pytest.mark.case("A5")
ROOT = Path(__file__).resolve().parents[4]
PROXY = {"name": "istio-proxy", "image": "mesh/proxy:1"}


def pod(labels: dict[str, str], names: list[str], **annotations: str) -> dict[str, Any]:
    containers = [{"name": name, "image": f"registry/{name}:2"} for name in names]
    return {
        "metadata": {"name": "pod", "labels": labels, "annotations": annotations},
        "spec": {"containers": [PROXY, *containers]},
    }


@pytest.mark.parametrize(
    ("labels", "names", "image"),
    [
        ({"app.kubernetes.io/name": "k6-trace-generator"}, ["k6"], "registry/k6:2"),
        ({"app.kubernetes.io/name": "prometheus"}, ["reload", "prometheus-server"], "registry/prometheus-server:2"),
        ({"app.kubernetes.io/name": "alloy"}, ["config-reloader", "alloy"], "registry/alloy:2"),
        (
            {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/component": "querier"},
            ["querier"],
            "registry/querier:2",
        ),
        ({}, ["shop"], "mesh/proxy:1"),
    ],
)
def test_a_part_is_known_by_its_name(labels: dict[str, str], names: list[str], image: str) -> None:
    assert main_image(pod(labels, names)) == image


def test_a_pod_may_say_which_container_counts() -> None:
    given = pod({}, ["shop"])
    given["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "shop"}
    assert main_image(given) == "registry/shop:2"
    assert main_image({"metadata": {"name": "empty"}}) == ""


def run(name: str, *statuses: dict[str, Any], phase: str = "Running", going: bool = False) -> dict[str, Any]:
    metadata = {"name": name, **({"deletionTimestamp": "now"} if going else {})}
    return {"metadata": metadata, "status": {"phase": phase, "containerStatuses": list(statuses)}}


def container(name: str, *, ready: bool = False, code: int | None = None) -> dict[str, Any]:
    state = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    return {"name": name, "ready": ready, "state": state}


def test_only_k6_tells_how_far_a_run_is() -> None:
    proxy = container("istio-proxy", ready=True)
    pods = [
        run("reading", proxy, container("k6")),
        run("sending", proxy, container("k6", ready=True)),
        run("ended", proxy, container("k6", code=0)),
        run("broken", proxy, container("k6", code=107)),
        run("alone", container("k6", code=0), phase="Succeeded"),
        run("evicted", phase="Failed"),
        run("gone", container("k6", code=0), going=True),
        run("new", phase="Pending"),
    ]
    assert k6_run(pods) == {"ready": ["sending"], "ended": ["ended", "alone"], "failed": ["broken", "evicted"]}


@pytest.mark.parametrize(("judge", "given"), [(k6_run, "pods"), (k6_run, [1]), (main_image, ["pod"])])
def test_what_is_no_pod_is_refused(judge: Any, given: object) -> None:
    with pytest.raises(AnsibleFilterError, match=r"takes a (list of pods|pod), not"):
        judge(given)


def test_no_container_is_known_by_its_place() -> None:
    """In roles, playbooks and modules."""
    files = [
        *ROOT.glob("roles/*/tasks/*.yml"),
        *ROOT.glob("playbooks/**/*.yml"),
        *(ROOT / "plugins" / "module_utils").rglob("*.py"),
    ]
    places = ("containers[0]", "containers.0", '"containers"][0]', "containerStatuses[0]", "containerStatuses.0")
    # Where nothing else names it, the first one is all there is.
    files.remove(ROOT / "plugins" / "module_utils" / "_k8s" / "pod_containers.py")
    named = {path.name for path in files for place in places if place in path.read_text()}
    assert named == set()


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("docker.io/grafana/tempo:2.8.0", ("tempo", "2.8.0")),
        ("localhost:5000/grafana/tempo", ("tempo", "")),
        ("localhost:5000/tempo:2.8.0@sha256:00", ("tempo", "2.8.0")),
        ("tempo@sha256:00", ("tempo", "")),
        ("", ("", "")),
    ],
)
def test_the_name_and_tag_of_an_image(image: str, found: tuple[str, str]) -> None:
    assert name_and_tag(image) == found
