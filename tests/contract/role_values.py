"""The values that a role makes for its chart, rendered by Ansible itself.

Every set of options is a host of its own in one run, so that a role costs one start of Ansible.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Load the role's defaults, its vars, and the options of this case
      ansible.builtin.include_vars:
        file: "{{ item if item is not directory else omit }}"
        dir: "{{ item if item is directory else omit }}"
      loop: >-
        {{ role_folders | product(['/defaults/main.yml', '/vars']) | map('join') | list
           + [playbook_dir ~ '/options/' ~ inventory_hostname ~ '.json'] }}
    - name: Write down the values and the chart they are for
      ansible.builtin.copy:
        content: "{{ rendered | to_json }}"
        dest: "{{ playbook_dir }}/rendered/{{ inventory_hostname }}.json"
        mode: "0644"
      vars:
        rendered:
          chart: "{{ lookup('ansible.builtin.vars', role_name_short ~ '_chart_ref') | basename }}"
          version: "{{ lookup('ansible.builtin.vars', role_name_short ~ '_chart_version') }}"
          values: "{{ lookup('ansible.builtin.vars', role_name_short ~ '_chart_values') }}"
"""


@dataclass(frozen=True)
class Rendered:
    """What a role would install: a role may have several charts, and several versions of one, by its settings."""

    chart: str
    version: str
    values: Mapping[str, object]


def render(root: Path, role: str, cases: Mapping[str, Mapping[str, object]], folder: Path) -> dict[str, Rendered]:
    """Each case's values, by the case's name."""
    return render_hosts(root, {case: (role, options) for case, options in cases.items()}, folder)


def render_hosts(
    root: Path, hosts: Mapping[str, tuple[str, Mapping[str, object]]], folder: Path, *, together: bool = False
) -> dict[str, Rendered]:
    """The values of several roles in one run: a role and its options for each name.

    ``together``: each knows the others' variables, as in a play that has them all.
    """
    write_project(root, hosts, folder, together)
    run_play(root, folder)
    return {host: read_case(folder / "rendered" / f"{host}.json") for host in hosts}


def write_project(
    root: Path, hosts: Mapping[str, tuple[str, Mapping[str, object]]], folder: Path, together: bool
) -> None:
    for name in ("options", "rendered", "templates", "files"):
        (folder / name).mkdir()
    roles = sorted({role for role, _options in hosts.values()})
    # What the roles' variables look up is found beside the play, as it is found in the role.
    for role in roles:
        for part in ("templates", "files"):
            for found in (root / "roles" / role / part).glob("*"):
                (folder / part / found.name).symlink_to(found)
    for host, (_role, options) in hosts.items():
        (folder / "options" / f"{host}.json").write_text(json.dumps(options), encoding="utf-8")
    variables = {
        host: {
            "role_folders": [str(root / "roles" / found) for found in (roles if together else [role])],
            "role_name_short": role,
        }
        for host, (role, _options) in hosts.items()
    }
    inventory = {"all": {"hosts": variables}}
    (folder / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "play.yml").write_text(PLAY, encoding="utf-8")


def run_play(root: Path, folder: Path) -> None:
    command = [str(ansible_playbook()), "-i", str(folder / "inventory.json"), str(folder / "play.yml")]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise AssertionError(f"the values did not render:\n{run.stdout}\n{run.stderr}")


def ansible_playbook() -> Path:
    """The one that belongs to this Python, whatever else PATH offers."""
    return Path(sys.executable).with_name("ansible-playbook")


def read_case(file: Path) -> Rendered:
    content = json.loads(file.read_text(encoding="utf-8"))
    return Rendered(chart=content["chart"], version=str(content["version"]), values=content["values"])
