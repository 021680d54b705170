# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table at the end of a run on several hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_environment import ansible_environment
from loopback import ROOT

HOSTS: dict[str, dict[str, str]] = {
    "staging": {"k8s_tracing_kube_context": "stage"},
    "broken": {"k8s_tracing_kubeconfig": "/etc/kube/eu", "k8s_tracing_namespace": "traces"},
    "bastion.example.com": {},
}
HEAD = ["host", "context", "namespace", "outcome"]
ROWS = {
    "staging": ["staging", "stage", "tracing", "done"],
    "broken": ["broken", "the current one of /etc/kube/eu", "traces", "failed"],
    "bastion.example.com": ["bastion.example.com", "the current one", "tracing", "done"],
}


def common(name: str, **variables: str) -> dict[str, Any]:
    role = {"name": "tracelab.k8s_tracing.common", "tasks_from": name}
    return {"name": name, "ansible.builtin.import_role": role, "vars": variables}


PLAYS = [
    {
        "name": "A playbook",
        "hosts": "k8s_tracing",
        "gather_facts": False,
        "tasks": [
            common("start", _common_playbook="site"),
            {"name": "Fail", "ansible.builtin.fail": {}, "when": "inventory_hostname == 'broken'"},
            common("end", _common_outcome="done"),
        ],
    },
    {
        "name": "Summary",
        "ansible.builtin.import_playbook": str(ROOT / "playbooks" / "_summary.yml"),
        "vars": {"summary_of": "site"},
    },
]


@pytest.mark.parametrize(
    "chosen", [["staging", "broken", "bastion.example.com"], ["bastion.example.com", "broken"], ["staging"]]
)
def test_a_row_for_each_host_that_ran(tmp_path: Path, chosen: list[str]) -> None:
    """With --limit, which leaves localhost out, too. One host alone needs no table."""
    inventory, play, log = (tmp_path / name for name in ("inventory.json", "play.yml", "log.jsonl"))
    inventory.write_text(json.dumps({"k8s_tracing": {"hosts": HOSTS, "vars": {"ansible_connection": "local"}}}))
    play.write_text(yaml.safe_dump(PLAYS, sort_keys=False))
    ansible = Path(sys.executable).with_name("ansible-playbook")
    command = [str(ansible), "-i", str(inventory), str(play), "--limit", ",".join(chosen)]
    environment = ansible_environment(tmp_path, log, {})
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    results = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    (told,) = [row for row in results if row.get("name") == "Print the outcome of each host"]
    if len(chosen) == 1:
        assert told["skipped"] and done.returncode == 0
        return
    lines = told["result"]["msg"]
    starts = [lines[0].index(word) for word in HEAD]
    cells = [
        [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)] for line in lines
    ]
    assert cells == [HEAD, *(row for name, row in ROWS.items() if name in chosen)]
    assert done.returncode != 0
