# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a platform makes of resources, what it refuses in values, and by which kind a cluster shows what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import platform_problems, pod_resources
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.platforms import PLATFORMS, platform_kinds

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("given", "cpu", "memory"),
    [
        ({}, "250m", "512Mi"),
        ({"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}}, "250m", "512Mi"),
        ({"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}}, "500m", "2048Mi"),
        ({"requests": {"memory": "600Mi"}, "limits": None}, "250m", "600Mi"),
        ({"requests": {"cpu": 1.1}}, "1250m", "1280Mi"),
        ({"limits": {"cpu": "2", "memory": "13Gi"}}, "2000m", "13312Mi"),
        ({"limits": {"cpu": "2", "memory": "14Gi"}}, "2250m", "14336Mi"),
        ({"requests": {"cpu": "4"}, "limits": {"cpu": "1"}}, "1000m", "1024Mi"),
        ({"limits": {"memory": "1e9"}}, "250m", "954Mi"),
    ],
)
def test_autopilot_has_one_amount_of_each(given: dict[str, Any], cpu: str, memory: str) -> None:
    both = {"cpu": cpu, "memory": memory}
    assert pod_resources(given, "gke_autopilot") == {"requests": both, "limits": both}


@pytest.mark.parametrize("platform", ["", "openshift", "eks", "aks"])
def test_elsewhere_resources_are_what_was_given(platform: str) -> None:
    given = {"requests": {"cpu": "100m"}, "limits": {"memory": "2Gi"}}
    assert pod_resources(given, platform) == given


def test_what_is_no_amount_is_told() -> None:
    with pytest.raises(AnsibleFilterError, match="'much' is not a quantity"):
        pod_resources({"limits": {"memory": "much"}}, "gke_autopilot")
    with pytest.raises(AnsibleFilterError, match="takes a dictionary"):
        pod_resources([], "gke_autopilot")


EQUAL = {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({}, []),
        ({"a": {"resources": EQUAL}, "hostNetwork": False}, []),
        ({"controller": {"hostNetwork": True}}, ["controller.hostNetwork"]),
        ({"extraVolumes": [{"name": "a"}, {"hostPath": {"path": "/x"}}]}, ["extraVolumes.1.hostPath"]),
        ({"ports": [{"hostPort": 4317}], "x": {"privileged": True}}, ["ports.0.hostPort", "x.privileged"]),
        ({"a": {"resources": {"requests": {"cpu": 1}}}}, ["a.resources"]),
        ({"a": {"resources": {**EQUAL, "limits": {"cpu": 1, "memory": "2Gi"}}}}, ["a.resources"]),
        ({"a": {"resources": {"requests": None, "limits": {}}}}, []),
    ],
)  # fmt: skip
def test_autopilot_refuses_what_it_would_change_or_refuse(values: dict[str, Any], paths: list[str]) -> None:
    told = platform_problems(values, "gke_autopilot", "alloy_values")
    assert [words.split(",")[0] for words in told] == [f"alloy_values sets {path}" for path in paths]
    assert all("k8s_tracing_platform is gke_autopilot" in words for words in told)
    assert [platform_problems(values, platform, "alloy_values") for platform in ("", "openshift", "eks", "aks")] == [
        []
    ] * 4


def test_a_platform_that_there_is_not_is_told() -> None:
    fix = "use openshift, gke_autopilot, eks, aks, or leave it out."
    assert platform_problems({}, "opnshift", "x") == [f"k8s_tracing_platform is 'opnshift': {fix}"]
    with pytest.raises(AnsibleFilterError, match="takes a dictionary"):
        platform_problems([], "", "x")


def test_the_platforms_are_those_of_the_option() -> None:
    spec = yaml.safe_load((ROOT / "roles/common/meta/argument_specs.yml").read_text(encoding="utf-8"))
    choices = spec["argument_specs"]["settings"]["options"]["k8s_tracing_platform"]["choices"]
    assert choices == ["", *PLATFORMS]


def test_openshift_is_known_by_its_security_contexts() -> None:
    (kind,) = platform_kinds("openshift")
    assert kind["name"] == "securitycontextconstraints.security.openshift.io"
    assert [platform_kinds(other) for other in ("", "gke_autopilot", "eks", "aks")] == [[]] * 4
