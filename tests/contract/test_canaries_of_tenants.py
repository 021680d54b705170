"""`site` makes a canary for each tenant of the list, in its own namespace, and all send to the same Alloy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_links import REFUSED, TELL, Outcome, call, links_of, run_plays

SETTINGS: dict[str, Any] = {
    "k8s_tracing_tempo_vulture_tenants": [
        {"tenant": "team-a", "namespace": "shop"},
        {"tenant": "team-b", "namespace": "pay"},
    ],
    "tempo_vulture_read_interval": "0s",
    "tempo_multitenancy_enabled": True,
    "alloy_k8s_attributes_enabled": True,
    "alloy_k8s_attributes_labels": [
        {"key": "kubernetes.io/metadata.name", "from": "namespace", "attribute": "tracing.namespace"}
    ],
    "alloy_routes": [
        {"name": "a", "attribute": "tracing.namespace", "values": ["shop"], "tenant": "team-a"},
        {"name": "b", "attribute": "tracing.namespace", "values": ["pay"], "tenant": "team-b"},
        {"name": "rest", "default": True, "tenant": "everybody"},
    ],
}
BY_NAMESPACE = {
    "alloy_routes": [
        {"name": "a", "attribute": "k8s.namespace.name", "values": ["shop"], "tenant": "team-a"},
        {"name": "b", "attribute": "k8s.namespace.name", "matches": "^p", "tenant": "team-b"},
        {"name": "rest", "default": True, "tenant": "everybody"},
    ]
}
# What differs, and the words of the refusal; none where there is none.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "listed": ({}, ""),
    "older": ({**BY_NAMESPACE, "tempo_vulture_image_tag": "2.10.8"}, ""),
    "newer": (BY_NAMESPACE, "names a random k8s.namespace.name in half of its resources"),
    "unknown": (
        {"k8s_tracing_tempo_vulture_tenants": [{"tenant": "team-c", "namespace": "shop"}]},
        "no route of alloy_routes leads: use one of everybody, team-a, team-b",
    ),
    "one_tenant": ({"tempo_multitenancy_enabled": False}, "tempo_multitenancy_enabled is false"),
}


def check_of_site(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The variables of its play, and its loop as a call of the whole role."""
    play = yaml.safe_load((root / "playbooks" / "site.yml").read_text(encoding="utf-8"))[0]
    (task,) = [one for one in play["tasks"] if one["name"] == "Check the canary of each tenant"]
    included = {key: value for key, value in task["ansible.builtin.include_role"].items() if key == "name"}
    return {"tracing_canaries": play["vars"]["tracing_canaries"]}, {**task, "ansible.builtin.include_role": included}


@pytest.fixture(scope="module", params=[False, True], ids=["public", "private"])
def outcome(root: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Outcome:
    """With ANSIBLE_PRIVATE_ROLE_VARS, too."""
    own, check = check_of_site(root)
    before = [call("import_role", role) for role in ("tempo", "alloy")]
    plays: Mapping[str, dict[str, Any]] = {
        case: {
            "vars": {**own, **SETTINGS, **changed, "k8s_tracing_namespace": "tracing"},
            "tasks": [{"block": [*before, check], "rescue": [TELL]}],
        }
        for case, (changed, _words) in CASES.items()
    }
    return run_plays(root, tmp_path_factory.mktemp("canaries"), plays, private=request.param)


@pytest.mark.parametrize("case", [case for case, (_changed, words) in CASES.items() if not words])
def test_each_tenant_has_a_canary(outcome: Outcome, case: str) -> None:
    found = {key: values for key, values in outcome[case].items() if key[0] == "tempo_vulture"}
    assert set(found) == {("tempo_vulture", place, "tempo-vulture") for place in ("shop", "pay")}
    for (_role, place, _release), values in found.items():
        assert {"shop": "-tempo-org-id=team-a", "pay": "-tempo-org-id=team-b"}[place] in values["extraArgs"]
        assert links_of(values) == {("alloy", "tracing"), ("tempo", "tracing")}


@pytest.mark.parametrize("case", [case for case, (_changed, words) in CASES.items() if words])
def test_one_that_would_find_nothing_is_refused(outcome: Outcome, case: str) -> None:
    assert CASES[case][1] in str(outcome[case][REFUSED])
    assert not [key for key in outcome[case] if key[0] == "tempo_vulture"]
