# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release's record says against what is wanted now. Differences are told by path: a value may be a secret."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .chart import Chart
from .record import Record
from .yaml_text import python_can_read

SHOWN = 20
EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+_][0-9A-Za-z.+_-]+)?\Z", re.ASCII)
# Read by Helm itself, and not kept in a record as a file.
NO_FILES = {"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock"}
# What templates can see of Chart.yaml, besides name and version. Helm cleans some of it, hence texts only.
METADATA = ("appVersion", "description", "home", "icon", "kubeVersion", "type")


def same(one: Any, other: Any) -> bool:
    """As JSON: to Helm 1 and 1.0 are the same number, but True is no 1 and "1" is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or _as_float(one) == _as_float(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def _as_float(number: float) -> float:
    """As Helm has it; a whole number beyond all floats is as large as can be."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each path that differs, and what becomes of it. A list is one value."""
    for key in sorted({*old, *new}):
        path = f"{prefix}{key}"
        if key not in old:
            yield path, "is added"
        elif key not in new:
            yield path, "is removed"
        elif isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            yield from differences(old[key], new[key], f"{path}.")
        elif not same(old[key], new[key]):
            yield path, "changes"


def value_changes(record: Record, values: Mapping[str, Any]) -> list[str]:
    return _limited([f"value {path} {what}" for path, what in differences(record.config, values)], "values")


def module_sees(record: Record, values: Mapping[str, Any]) -> bool:
    """Whether kubernetes.core.helm, which reads the record as YAML by Python's rules, would see that values differ.

    It may take a number for a text: Helm writes 1e+21, and Python reads a text.
    """
    return not _alike(record.config, values)


def module_can_read(values: Any) -> bool:
    """Whether kubernetes.core.helm can read them from a record.

    Helm writes texts such as ``=``, ``<<`` or ``2026-99-99`` without quotes, and Python's YAML fails over them.
    """
    if isinstance(values, Mapping):
        return all(map(python_can_read, map(str, values))) and all(map(module_can_read, values.values()))
    if isinstance(values, list):
        return all(map(module_can_read, values))
    return not isinstance(values, str) or python_can_read(values)


def _alike(one: Any, other: Any) -> bool:
    """As ``same``, but for a text that stands in place of a number."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    mixed = (_is_number(one) and isinstance(other, str)) or (isinstance(one, str) and _is_number(other))
    return mixed or same(one, other)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def version_changes(record: Record, name: str, version: str) -> list[str]:
    """Of name and version; an empty one is not compared."""
    old = record.metadata
    changes = []
    if name and name != old.get("name"):
        changes.append(f"chart {old.get('name')} -> {name}")
    if version and plain_version(version) != plain_version(str(old.get("version", ""))):
        changes.append(f"chart version {old.get('version')} -> {version}")
    return changes


def is_exact(version: str) -> bool:
    """Whether it names one version and no range of them."""
    return EXACT_VERSION.match(version) is not None


def plain_version(text: str) -> str:
    """A registry's tag has an underscore where the version has a plus."""
    return text.removeprefix("v").replace("_", "+")


def app_version_changes(record: Record, chart: Chart) -> list[str]:
    old, new = record.metadata.get("appVersion"), chart.metadata.get("appVersion")
    return [] if _same_text(old, new) else [f"chart appVersion {old or 'none'} -> {new or 'none'}"]


def file_changes(record: Record, chart: Chart) -> list[str]:
    """Files of the chart whose content differs. Those of subcharts are in no record."""
    old = _recorded_files(record)
    new = {name: data for name, data in chart.files.items() if name not in NO_FILES}
    words = {name: "changed" for name in old.keys() & new.keys() if old[name] != new[name]}
    words |= dict.fromkeys(new.keys() - old.keys(), "is new") | dict.fromkeys(old.keys() - new.keys(), "was removed")
    if any(not _same_text(record.metadata.get(key), chart.metadata.get(key)) for key in METADATA):
        words["Chart.yaml"] = "changed"
    if not same_defaults(record, chart):
        words["values.yaml"] = "changed"
    if base64.b64decode(record.chart.get("schema") or "") != chart.files.get("values.schema.json", b""):
        words["values.schema.json"] = "changed"
    return _limited([f"chart file {name} {words[name]}" for name in sorted(words)], "chart files")


def _recorded_files(record: Record) -> dict[str, bytes]:
    kept = [*(record.chart.get("templates") or []), *(record.chart.get("files") or [])]
    return {
        item["name"]: base64.b64decode(item.get("data") or "")
        for item in kept
        if item["name"] not in NO_FILES and not item["name"].startswith("charts/")
    }


def same_defaults(record: Record, chart: Chart) -> bool:
    """Whether values.yaml is what it was. To a chart with subcharts Helm has added their defaults."""
    old, new = record.chart.get("values") or {}, chart.values
    if not chart.subcharts:
        return same(_without_null(old), _without_null(new))
    if any(item.get("import-values") for item in chart.dependencies):
        return _within(new, old)
    joined = chart.subcharts | {"global"}
    own = {key: value for key, value in old.items() if key not in joined}
    return _within(new, old) and all(
        same(_without_null(value), _without_null(new.get(key))) for key, value in own.items()
    )


def _within(part: Any, whole: Any) -> bool:
    """Whether all that ``part`` sets stands in ``whole``."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(value is None or (key in whole and _within(value, whole[key])) for key, value in part.items())
    return same(_without_null(part), _without_null(whole))


def _without_null(value: Any) -> Any:
    """Helm drops some of the nulls, and none of them means anything."""
    if isinstance(value, Mapping):
        return {key: _without_null(inner) for key, inner in value.items() if inner is not None}
    return value


def _same_text(old: Any, new: Any) -> bool:
    """A version that YAML takes for a number was written down as Go prints it: 2.10 became 2.1."""
    if isinstance(new, (int, float)) and not isinstance(new, bool):
        try:
            return float(old or "nan") == float(new)
        except ValueError:
            return False
    return " ".join(str(old or "").split()) == " ".join(str(new or "").split())


def _limited(reasons: list[str], what: str) -> list[str]:
    more = len(reasons) - SHOWN
    return [*reasons[:SHOWN], f"{more} more {what} differ"] if more > 0 else reasons
