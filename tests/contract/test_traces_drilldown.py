"""Traces Drilldown is on where Grafana may download it, and where it is off this is said, with the way to have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plays import role_variables, run_play

pytestmark = pytest.mark.case("F16")

PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    made: {ini: "{{ _grafana_own_ini.plugins }}", said: "{{ _grafana_drilldown_lines }}"}
  tasks:
    - name: Write down what Grafana is told, and what people are
      ansible.builtin.debug:
        msg: "{{ made | to_json | written_to(playbook_dir ~ '/rendered/' ~ inventory_hostname) }}"
"""
URL = "http://files.tools.svc/drilldown.zip"
HOSTS: dict[str, dict[str, Any]] = {
    "default": {},
    "on": {"grafana_traces_drilldown_enabled": "yes"},
    "copy": {"grafana_traces_drilldown_enabled": True, "grafana_traces_drilldown_url": URL},
    "plugins": {"grafana_plugins": ["grafana-clock-panel"]},
    "existing": {"grafana_mode": "existing", "grafana_url": "http://grafana.test"},
    "ini": {"grafana_ini": {"plugins": {"preinstall_disabled": False}}},
}


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("drilldown")
    (folder / "rendered").mkdir()
    run_play(root, folder, PLAY, {"hosts": HOSTS, "vars": role_variables(root, "grafana")})
    return {host: json.loads((folder / "rendered" / host).read_text()) for host in HOSTS}


@pytest.mark.parametrize(
    ("host", "downloads"),
    [("default", False), ("on", True), ("copy", True), ("plugins", True)],
)
def test_nothing_is_downloaded_unless_asked_for(made: dict[str, Any], host: str, downloads: bool) -> None:
    assert made[host]["ini"]["preinstall_disabled"] is not downloads
    assert made[host]["ini"]["preinstall_auto_update"] is False


def test_a_copy_is_named_as_grafana_takes_it(made: dict[str, Any]) -> None:
    assert made["copy"]["ini"]["preinstall"] == f"grafana-exploretraces-app@@{URL}"
    assert "preinstall" not in made["on"]["ini"]


@pytest.mark.parametrize("host", HOSTS)
def test_that_it_is_off_is_said(made: dict[str, Any], host: str) -> None:
    said = made[host]["said"]
    assert bool(said) == (host == "default")
    assert all("grafana.com" in line and "grafana_traces_drilldown_enabled=true" in line for line in said)
