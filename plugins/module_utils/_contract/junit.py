# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result as JUnit XML, as GitLab, GitHub and Jenkins show it: one test case for each case of the contract.

What is unmet is a failure; what could not be looked at is an error, which says nothing of the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.values import text
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import PROVEN, UNMET

from .state import SKIPPED

CLASS_NAME = "k8s_tracing.trace_contract"


def render_junit(result: Mapping[str, Any]) -> str:
    """``result`` is that of the module."""
    cases = result["cases"]
    verdicts = [case["verdict"] for case in cases]
    totals = {
        "tests": str(len(cases)),
        "failures": str(verdicts.count(UNMET)),
        "errors": str(sum(verdict not in (PROVEN, UNMET, SKIPPED) for verdict in verdicts)),
        "skipped": str(verdicts.count(SKIPPED)),
        "time": f"{result['elapsed_seconds']:.3f}",
    }
    name = text(result["name"])
    root = ElementTree.Element("testsuites", {"name": name, **totals})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **totals})
    for case in cases:
        _add_case(suite, case)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _add_case(suite: ElementTree.Element, case: Mapping[str, Any]) -> None:
    attributes = {"classname": CLASS_NAME, "name": text(case["name"]), "time": f"{case['seconds']:.3f}"}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case["verdict"] == SKIPPED:
        ElementTree.SubElement(element, "skipped", {"message": "Check mode sends no such request."})
    elif case["verdict"] != PROVEN:
        kind = "failure" if case["verdict"] == UNMET else "error"
        problems = [text(problem) for problem in case["problems"]] or [case["verdict"]]
        told = ElementTree.SubElement(element, kind, {"message": problems[0], "type": case["verdict"]})
        told.text = "\n".join([*problems, "", *(text(line) for line in case["diff"])]).strip()
