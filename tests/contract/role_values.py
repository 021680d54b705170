"""The values that a role makes for its chart, rendered by Ansible itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plays import role_variables, run_play

PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Write down the values and the chart they are for
      ansible.builtin.debug:
        msg: "{{ rendered | to_json | written_to(playbook_dir ~ '/rendered/' ~ inventory_hostname ~ '.json') }}"
      vars:
        rendered:
          chart: "{{ lookup('ansible.builtin.vars', role_name_short ~ '_chart_ref') | basename }}"
          version: "{{ lookup('ansible.builtin.vars', role_name_short ~ '_chart_version') }}"
          values: "{{ lookup('ansible.builtin.vars', '_' ~ role_name_short ~ '_chart_values') }}"
          secrets: "{{ lookup('ansible.builtin.vars', '_' ~ role_name_short ~ '_named_secrets') }}"
"""


@dataclass(frozen=True)
class Rendered:
    """What a role would install: a role may have several charts, and several versions of one, by its settings."""

    chart: str
    version: str
    values: Mapping[str, object]
    # Those that options name and somebody else makes.
    secrets: Sequence[Mapping[str, Any]]


def render(root: Path, role: str, cases: Mapping[str, Mapping[str, object]], folder: Path) -> dict[str, Rendered]:
    """Each case's values, by the case's name."""
    return render_hosts(root, {case: (role, options) for case, options in cases.items()}, folder)


def render_hosts(
    root: Path, hosts: Mapping[str, tuple[str, Mapping[str, object]]], folder: Path, *, together: bool = False
) -> dict[str, Rendered]:
    """The values of several roles in one run: a role and its options for each name.

    ``together``: each knows the others' variables, as in a play that has them all.
    """
    for name in ("rendered", "templates", "files"):
        (folder / name).mkdir()
    roles = sorted({role for role, _options in hosts.values()})
    for role in roles:
        link_files(root / "roles" / role, folder)
    own = {role: {**role_variables(root, role), "role_name_short": role} for role in roles}
    everywhere = {name: value for role in roles for name, value in own[role].items()} if together else {}
    groups = {
        f"role_{role}": {
            "hosts": {host: options for host, (its, options) in hosts.items() if its == role},
            "vars": own[role],
        }
        for role in roles
    }
    run_play(root, folder, PLAY, {"vars": everywhere, "children": groups})
    return {host: read_case(folder / "rendered" / f"{host}.json") for host in hosts}


def link_files(role: Path, folder: Path) -> None:
    """What the role's variables look up is found beside the play, as it is found in the role."""
    for part in ("templates", "files"):
        for found in (role / part).glob("*"):
            (folder / part / found.name).symlink_to(found)


def read_case(file: Path) -> Rendered:
    content = json.loads(file.read_text(encoding="utf-8"))
    return Rendered(content["chart"], str(content["version"]), content["values"], content["secrets"])
