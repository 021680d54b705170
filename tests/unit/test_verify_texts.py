# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verify.yml says in the end: that something did not arrive only where it was looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

PLAY = yaml.safe_load((Path(__file__).resolve().parents[2] / "playbooks" / "verify.yml").read_text())[0]
ARRIVED = "Fail unless traces arrived"
METRICS = "Fail unless metrics made from spans arrived"
LOST = "Fail when spans were lost"


def said(name: str, **results: Any) -> str:
    (task,) = (task for task in PLAY["tasks"] if task["name"] == name)
    words = {**PLAY["vars"], **task.get("vars", {})}
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in words.items()}
    action = task.get("ansible.builtin.fail") or task["ansible.builtin.assert"]
    text = action.get("msg") or action["fail_msg"]
    variables = {**trusted, "verify_sampling": [], **results}
    return " ".join(str(Templar(DataLoader(), variables=variables).template(trust_as_template(text))).split())


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("check", "starts"),
    [
        ({"verdict": "unmet", "msg": "M", "diagnosis": {"stage": "alloy"}},
         "Traces did not arrive. The break is inside Alloy. M"),
        ({"verdict": "unmet", "msg": "M", "diagnosis": {"stage": "none"}},
         "Traces did not arrive. The break is not found. M"),
        ({"verdict": "could_not_look", "msg": "M", "diagnosis": None}, "Whether traces arrived is not known. M"),
        ({"verdict": "could_not_look", "msg": "M", "diagnosis": {"stage": "alloy_to_tempo"}},
         "Whether traces arrived is not known. The break is between Alloy and Tempo. M"),
        ({"verdict": "mismatch", "msg": "M", "diagnosis": {"stage": "none"}}, "Whether traces arrived is not known. M"),
        ({"failed": True, "msg": "MODULE FAILURE"}, "Whether traces arrived is not known. MODULE FAILURE"),
        ({}, "Whether traces arrived is not known. The check has no result."),
    ],
)  # fmt: skip
def test_traces(check: dict[str, Any], starts: str) -> None:
    assert said(ARRIVED, verify_check=check) == starts


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("result", "starts"),
    [
        ({"verdict": "unmet", "msg": "M"}, "Traces arrive, their metrics do not. The break is between Tempo and"),
        ({"verdict": "could_not_look", "msg": "M"}, "Traces arrive. Whether their metrics do is not known: Prometheus"),
        ({"failed": True}, "Traces arrive. Whether their metrics do is not known: Prometheus"),
    ],
)
def test_metrics(result: dict[str, Any], starts: str) -> None:
    assert said(METRICS, verify_span_metrics=result).startswith(starts)


@pytest.mark.case("A4")
@pytest.mark.parametrize(("balanced", "starts"), [(False, "Spans were lost: D F"), (None, "Whether spans were lost")])
def test_counts(balanced: bool | None, starts: str) -> None:
    after = {"account": {"balanced": balanced}, "diagnosis": {"message": "D", "fix": "F"}}
    assert said(LOST, verify_after=after).startswith(starts)
