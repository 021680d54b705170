# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of tests that are run by ansible-playbook against a real API server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_environment import ansible_environment
from api_server import ApiServer
from loopback import ROOT, program

CHARTS = ROOT / "testbed" / "charts"
ROLES = ("prometheus", "tempo", "alloy", "grafana", "k6_trace_generator", "tempo_vulture")


def from_repository(part: str, url: str) -> dict[str, Any]:
    """Settings by which a role takes the stand-in chart from a repository."""
    version = yaml.safe_load((CHARTS / part / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    return {f"{part}_chart_ref": part, f"{part}_chart_repo_url": url, f"{part}_chart_version": version}


@dataclass(frozen=True)
class Outcome:
    """How a run ended. ``tasks`` has a row for each task and host, in order; ``text`` is all that was printed."""

    code: int
    text: str
    tasks: list[dict[str, Any]]
    stats: Mapping[str, Mapping[str, int]]

    def result(self, name: str, host: str = "") -> dict[str, Any]:
        """The result of the last task whose name holds ``name``."""
        found = [row for row in self.tasks if name in row["name"] and host in ("", row["host"])]
        assert found, f"no task {name!r} in:\n{self.text}"
        result: dict[str, Any] = found[-1]["result"]
        return result

    @property
    def failures(self) -> list[str]:
        """The messages of the tasks that failed for good."""
        return [str(row["result"].get("msg", "")) for row in self.tasks if row["failed"]]

    @property
    def changed(self) -> int:
        return sum(host["changed"] for host in self.stats.values())

    def assert_ok(self) -> Outcome:
        assert self.code == 0, self.text
        return self


class Plays:
    """Runs plays in a folder of their own, with ``HOME`` there too."""

    def __init__(self, cluster: ApiServer, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder

    def settings(self, cluster: ApiServer | None = None) -> dict[str, Any]:
        """Variables that install the stand-in charts up to the pods, which never run here."""
        found: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "k8s_tracing_kubeconfig": str((cluster or self.cluster).kubeconfig),
            "k8s_tracing_helm_binary": program("helm"),
            # A role is often run alone here.
            "k8s_tracing_allow_missing_targets": True,
            "k6_trace_generator_duration": "10m",
        }
        for role in ROLES:
            found[f"{role}_wait"] = False
            if role != "k6_trace_generator":
                found[f"{role}_chart_ref"] = str(CHARTS / role.replace("_", "-"))
                found[f"{role}_chart_repo_url"] = ""
                found[f"{role}_chart_version"] = ""
        return found

    def run(
        self,
        play: Path | Sequence[Mapping[str, Any]],
        variables: Mapping[str, Any] | None = None,
        *,
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        settings: bool = True,
    ) -> Outcome:
        """Run a playbook, or the tasks of one play on all hosts.

        ``hosts`` are those of the inventory with their variables, all in the playbooks' group, by default localhost;
        ``variables`` are for all of them. ``settings=False`` leaves the variables of ``settings`` out.
        """
        inventory = self.folder / "inventory.json"
        shared = {**(self.settings() if settings else {}), **(variables or {})}
        group: dict[str, Any] = {"all": {"hosts": hosts or {"localhost": {}}, "vars": shared}}
        if hosts:
            group["all"]["children"] = {"k8s_tracing": {"hosts": {host: {} for host in hosts}}}
        inventory.write_text(json.dumps(group), encoding="utf-8")
        if not isinstance(play, Path):
            file = self.folder / "play.yml"
            content = [{"name": "Test", "hosts": "all", "gather_facts": False, "tasks": list(play)}]
            file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
            play = file
        log = self.folder / "results.jsonl"
        log.unlink(missing_ok=True)
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), str(play), *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=ansible_environment(self.folder, log, environment or {}),
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.is_file() else []
        stats = rows.pop()["stats"] if rows and "stats" in rows[-1] else {}
        return Outcome(done.returncode, f"{done.stdout}\n{done.stderr}", rows, stats)

    def role(self, role: str, variables: Mapping[str, Any], **more: Any) -> Outcome:
        """Run one role of the collection by import_role."""
        name = f"tracelab.k8s_tracing.{role}"
        return self.run([{"name": f"Run {role}", "ansible.builtin.import_role": {"name": name}}], variables, **more)

    def playbook(self, name: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        """Run a playbook of the collection."""
        return self.run(ROOT / "playbooks" / f"{name}.yml", variables, **more)
