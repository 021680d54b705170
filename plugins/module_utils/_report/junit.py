# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as JUnit XML, as GitLab, GitHub and Jenkins show it: one test case for each demand."""

from __future__ import annotations

from dataclasses import asdict
from xml.etree import ElementTree

from .input import Inputs
from .values import number, text
from .verdict import (
    FAILED,
    SKIPPED,
    Demand,
    Verdict,
    cause,
    remedy,
)

CLASS_NAME = "k8s_tracing.verify"


def render_junit(inputs: Inputs, verdict: Verdict) -> str:
    totals = {
        "tests": str(len(verdict.demands)),
        "failures": str(len(verdict.failed)),
        "errors": "0",
        "skipped": str(sum(demand.state == SKIPPED for demand in verdict.demands)),
        "time": f"{number(inputs.check.get('elapsed_seconds')) or 0.0:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": inputs.title, **totals})
    # Times in this format carry no zone; what is written is UTC.
    stamp = {"timestamp": inputs.generated_at[:19]} if inputs.generated_at else {}
    suite = ElementTree.SubElement(root, "testsuite", {"name": inputs.title, **totals, **stamp})
    _add_properties(suite, inputs)
    for demand in verdict.demands:
        _add_case(suite, demand, cause(inputs))
    ElementTree.SubElement(suite, "system-out").text = _output(inputs, verdict)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _add_properties(suite: ElementTree.Element, inputs: Inputs) -> None:
    """Where it was, and what it ran with."""
    known = {name: value for name, value in asdict(inputs.place).items() if value}
    known |= {f"version of {one.name}": one.version for one in inputs.components if one.version}
    if known:
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in known.items():
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})


def _add_case(suite: ElementTree.Element, demand: Demand, reason: str) -> None:
    attributes = {"classname": CLASS_NAME, "name": demand.title, "time": f"{demand.seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if demand.state == FAILED:
        failure = ElementTree.SubElement(case, "failure", {"message": demand.detail, "type": f"{demand.name}_unmet"})
        failure.text = f"{demand.title}: {demand.detail}\n{reason}".strip()
    elif demand.state == SKIPPED:
        ElementTree.SubElement(case, "skipped", {"message": demand.detail})


def _output(inputs: Inputs, verdict: Verdict) -> str:
    lines = [("Proven: " if verdict.proven else "Not proven: ") + verdict.sentence]
    lines += [remedy(inputs)] if not verdict.proven and remedy(inputs) else []
    lines += [f"where: {inputs.place}"] if str(inputs.place) else []
    lines += [f"run id: {inputs.generator.run_id}"] if inputs.generator else []
    lines += [f"query: {text(inputs.check.get('query'))}"] if inputs.check.get("query") else []
    return "\n".join(lines)
