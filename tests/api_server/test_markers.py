# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users put into values may be anything: a run at -vvv shows none of it.

Check mode is another matter: it shows the objects that would come, as ``helm diff`` does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import ROLES, Plays

MARK = "m4rk3d-w0rd"


def marked(folder: Path) -> dict[str, Any]:
    """A mark in the values of each role, and in a values file of each."""
    found: dict[str, Any] = {}
    for role in ROLES:
        file = folder / f"{role}.yml"
        file.write_text(yaml.safe_dump({"podAnnotations": {"from-a-file": f"{MARK}-file-{role}"}}))
        found[f"{role}_values"] = {"podAnnotations": {"from-values": f"{MARK}-values-{role}"}}
        found[f"{role}_values_files"] = [str(file)]
    # Where these charts have annotations of pods.
    found["prometheus_values"] = {"server": found["prometheus_values"]}
    found["alloy_values"] = {"controller": found["alloy_values"]}
    for role, section in (("prometheus", "server"), ("alloy", "controller")):
        file = folder / f"{role}.yml"
        file.write_text(yaml.safe_dump({section: yaml.safe_load(file.read_text())}))
    return found


@pytest.mark.case("M10")
def test_no_value_is_shown(plays: Plays, cluster: ApiServer, namespace: str, tmp_path: Path) -> None:
    settings = {"k8s_tracing_namespace": namespace, **marked(tmp_path)}
    for _run in ("the first", "the next"):
        outcome = plays.playbook("site", settings, arguments=["-vvv"]).assert_ok()
        assert sorted({row["name"] for row in outcome.tasks if MARK in str(row["result"])}) == []
        assert sorted(set(re.findall(rf"{MARK}[a-z0-9_-]*", outcome.text))) == []
    tempo = cluster.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/statefulsets/tempo")
    assert f"{MARK}-values-tempo" in str(tempo) and f"{MARK}-file-tempo" in str(tempo)
