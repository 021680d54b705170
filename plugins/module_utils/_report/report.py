# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report from options to files. Nothing here knows Ansible but the names of its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import masked

from .files import (
    Change,
    changes,
    check_writable,
    read_file,
    set_mode,
    write,
)
from .html_page import render_html
from .input import Place, read_inputs, read_place
from .json_file import (
    render_json,
    report_data,
    time_of,
)
from .junit import render_junit
from .verdict import Verdict, judge

HTML, JUNIT, JSON = "report.html", "report.junit.xml", "report.json"

REPORT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "dest": {"type": "path", "required": True},
    "check": {"type": "dict", "required": True},
    "account": {"type": "dict"},
    "diagnosis": {"type": "dict"},
    "balance_required": {"type": "bool", "default": True},
    "balance_obstacle": {"type": "str"},
    "place": {"type": "dict", "options": {field.name: {"type": "str"} for field in fields(Place)}},
    "generator": {"type": "dict"},
    "probe": {"type": "dict"},
    "metrics": {"type": "dict"},
    "all_required": {"type": "bool", "default": True},
    "traces": {"type": "list", "elements": "dict", "default": []},
    "demands": {
        "type": "dict",
        "options": {
            "traces": {"type": "int"},
            "spans": {"type": "int"},
            "services": {"type": "list", "elements": "str", "default": []},
            "edges": {"type": "list", "elements": "str", "default": []},
        },
    },
    "components": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "version": {"type": "str"},
            "image": {"type": "str"},
            "status": {"type": "str"},
        },
    },
    "title": {"type": "str", "default": "Trace pipeline verification"},
    "generated_at": {"type": "str"},
    "mode": {"type": "str", "default": "0600"},
    "show_attributes": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class Written:
    dest: Path
    verdict: Verdict
    changes: tuple[Change, ...]
    mode_changed: bool = False
    place: str = ""

    def to_result(self, with_diff: bool) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": bool(self.changes) or self.mode_changed,
            "files": {"html": str(self.dest / HTML), "junit": str(self.dest / JUNIT), "json": str(self.dest / JSON)},
            "changed_files": [str(change.path) for change in self.changes],
            "proven": self.verdict.proven,
            "verdict": self.verdict.sentence,
            "place": self.place,
            "failures": [f"{demand.title}: {demand.detail}" for demand in self.verdict.failed],
        }
        return {**result, "diff": [change.to_diff() for change in self.changes]} if with_diff else result


def render(params: Mapping[str, Any], before: str | None, now: datetime) -> tuple[Verdict, dict[str, str]]:
    """The verdict and the files by name. ``before`` is the JSON report that is there, if any."""
    given = _fixed_time(params.get("generated_at"))
    inputs = read_inputs(params, given)
    verdict = judge(inputs)
    data = report_data(params, inputs, verdict)
    # The time alone is no reason to write a report again.
    moment = given or time_of(before, data) or _time_text(now)
    inputs = replace(inputs, generated_at=moment)
    contents = {
        HTML: render_html(inputs, verdict),
        JUNIT: render_junit(inputs, verdict),
        JSON: render_json(data, moment),
    }
    return verdict, contents


def make_report(params: Mapping[str, Any], put: Callable[[Path, bytes], None] | None, now: datetime) -> Written:
    """Render and compare; write with ``put``, which check mode leaves out."""
    dest, mode = Path(params["dest"]), _mode(params.get("mode", "0600"))
    check_writable(dest)
    seen = masked(params, params.get("show_attributes") or ())
    verdict, contents = render({**seen, "dest": params["dest"]}, read_file(dest / JSON), now)
    found = changes(dest, contents)
    if put is not None and found:
        write(dest, found, put, mode)
    opened = put is not None and set_mode([dest / name for name in contents], mode)
    return Written(dest, verdict, tuple(found), bool(opened), str(read_place(seen)))


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0o400 <= mode <= 0o777:
        raise invalid(f"mode: {text!r} is no mode of a file.", "Write it in quotes, such as '0600' or '0644'.")
    return mode


def _fixed_time(value: str | None) -> str:
    if not value:
        return ""
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise invalid(f"generated_at: {value!r} is not a time.", "Write for example 2026-01-31T12:00:00Z.") from None
    return _time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
