"""Where a canary is wanted, be it the stack's or one of a tenant, Grafana shows it and a proof expects its spans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plays import role_variables, run_play
from role_values import link_files

PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Write down what is made of the settings
      ansible.builtin.debug:
        msg: "{{ [_grafana_dashboard_files, verify_shared_pipeline | bool] | to_json
                 | written_to(playbook_dir ~ '/' ~ inventory_hostname ~ '.json') }}"
"""
TENANTS = [{"tenant": "team-a", "namespace": "shop"}]
CASES: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "none": ({}, False, False),
    "off": ({"k8s_tracing_tempo_vulture_enabled": "false", "k8s_tracing_tempo_vulture_tenants": []}, False, False),
    "own": ({"k8s_tracing_tempo_vulture_enabled": "true"}, True, True),
    "tenants": ({"k8s_tracing_tempo_vulture_tenants": TENANTS}, True, True),
    "said": ({"k8s_tracing_tempo_vulture_enabled": True, "k8s_tracing_verify_shared_pipeline": False}, True, False),
}


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("beside")
    for name in ("templates", "files"):
        (folder / name).mkdir()
    link_files(root / "roles" / "grafana", folder)
    own = {**role_variables(root, "grafana"), **role_variables(root, "verify")}
    hosts = {case: settings for case, (settings, _shown, _shared) in CASES.items()}
    run_play(root, folder, PLAY, {"vars": own, "hosts": hosts})
    return {case: json.loads((folder / f"{case}.json").read_text(encoding="utf-8")) for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_dashboard_and_proof_know_of_the_canary(made: dict[str, Any], case: str) -> None:
    dashboards, shared = made[case]
    _settings, shown, expected = CASES[case]
    assert (any("canary" in name for name in dashboards), shared) == (shown, expected)
    assert len(dashboards) > 1
