# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that a user set and the chart does not know: Helm takes them in silence, and nothing comes of them.

A false refusal is worse than a missed mistake. So a key counts as known when anything speaks for it: values.yaml, a
comment in it, values.schema.json, or a template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid

from .chart import Chart

COMMENTED = re.compile(r"\s*#[#\s]*(?:-\s+)?[\"']?([A-Za-z_][\w./-]*)[\"']?:(?:\s|$)")
SECTION = re.compile(r"[\"']?([^\s\"'#:-][^\"'#:]*)[\"']?:(?:\s|$)")
# A value used with no further key behind it. A mere condition looks at it, and hands nothing on.
USED_WHOLE = re.compile(r"(?:\b(?P<word>\w+)\s+\(?)?(?:\$\w*)?\.Values\.(?P<path>[\w.]*\w)(?![\w.])")
LOOKS_ONLY = {"if", "and", "or", "not", "hasKey", "empty"}
# A value that is written out or gone through, whatever keys it has; its path stands in one of the two groups.
WRITTEN = re.compile(
    r"\b(?:toYaml|toJson|range|tpl|include\s+\"[^\"]+\")\s+(?:\$\w+\s*(?:,\s*\$\w+\s*)?:=\s*)?(?:\(\s*\w+\s+)*\(?(?:\$\w*)?(\.[\w.]++)"
    r"|(?<![\w.])(?:\$\w*)?(\.[\w.]++)\s*\|\s*(?:toYaml|toJson)"
)
# The same of what `with` names, inside of its block.
WRITTEN_DOT = re.compile(r"\b(?:toYaml|toJson|range|tpl|include \S+)\s+\(?\.(?![\w.])|\{\{-?\s*\.\s*\|")
OPENS_OR_ENDS = re.compile(r"\{\{-?\s*(?:(if|with|range|block)\b|end\b)")
# A name that is no word, such as grafana.ini: what becomes of it can't be followed.
INDEXED = re.compile(r"\b(?:index|get)\s+(?:\$\w*)?\.Values\s+\"([^\"]+)\"")
ALIAS = re.compile(r"\$(\w+)\s*:=\s*(?:\$\w*)?(\.Values[\w.]*)\s*-?\}\}")


class KnownKeys:
    """What one chart takes."""

    def __init__(self, chart: Chart, open_paths: Sequence[str] = ()) -> None:
        self._chart = chart
        self._open = {tuple(path.split(".")) for path in open_paths}

    def is_open(self, path: tuple[str, ...]) -> bool:
        """Whether anything may stand at a path and below it, as far as that does not depend on values.yaml."""
        if (
            path[0] == "global"
            or path[0] in self._chart.subcharts
            or path[0] in self._condition_roots
            or path[0] in self._indexed
        ):
            return True
        opened = any(path[: len(parts)] == parts for parts in self._open)
        return opened or self._written_out(path)

    def in_schema(self, path: tuple[str, ...]) -> bool:
        node: Any = self._schema
        for key in path:
            if not isinstance(node, Mapping):
                return False
            if any(word in node for word in ("$ref", "allOf", "anyOf", "oneOf", "patternProperties")):
                return True
            if key not in (node.get("properties") or {}):
                return isinstance(node.get("additionalProperties"), Mapping)
            node = node["properties"][key]
        return True

    def in_templates(self, path: tuple[str, ...]) -> bool:
        """Named in full, or by its last key where a template took one of the maps above for a scope."""
        if re.search(rf"\.Values\.{re.escape('.'.join(path))}(?!\w)", self._templates):
            return True
        scoped = any(path[:length] in self._scopes for length in range(1, len(path)))
        return scoped and re.search(rf"\.{re.escape(path[-1])}(?!\w)", self._templates) is not None

    def _written_out(self, path: tuple[str, ...]) -> bool:
        """Whether what reads the keys of this map is not the chart."""
        if path in self._written:
            return True
        return any(path[:at] in self._scopes and ("", *path[at:]) in self._written for at in range(1, len(path)))

    def in_comment(self, path: tuple[str, ...]) -> bool:
        names = self._commented.get(path[0], set()) if len(path) > 1 else self._commented.get("", set())
        return path[-1] in names

    @cached_property
    def _schema(self) -> Any:
        try:
            return json.loads(self._chart.text("values.schema.json") or "{}")
        except ValueError:
            return {}

    @cached_property
    def _templates(self) -> str:
        """All of them, and values.yaml, whose texts may be templates themselves."""
        names = [name for name in self._chart.files if name.startswith("templates/")]
        return "\n".join(_without_aliases(self._chart.text(name)) for name in [*names, "values.yaml"])

    @cached_property
    def _scopes(self) -> set[tuple[str, ...]]:
        """Maps that a template takes as a whole, to name their keys behind it."""
        uses = USED_WHOLE.finditer(self._templates)
        return {tuple(use["path"].split(".")) for use in uses if use["word"] not in LOOKS_ONLY}

    @cached_property
    def _indexed(self) -> set[str]:
        return set(INDEXED.findall(self._templates))

    @cached_property
    def _written(self) -> set[tuple[str, ...]]:
        """Maps that are written out. The path of one inside of a scope begins with an empty part."""
        found = {tuple((use[1] or use[2]).rstrip(".").split(".")) for use in WRITTEN.finditer(self._templates)}
        found = {path[2:] if path[1:2] == ("Values",) else path for path in found}
        for use in USED_WHOLE.finditer(self._templates):
            if use["word"] == "with" and WRITTEN_DOT.search(_block(self._templates, use.end())):
                found.add(tuple(use["path"].split(".")))
        return found

    @cached_property
    def _condition_roots(self) -> set[str]:
        conditions = [str(item.get("condition") or "") for item in self._chart.dependencies]
        roots = {path.strip().split(".")[0] for text in conditions for path in text.split(",") if path.strip()}
        return roots | ({"tags"} if self._chart.dependencies else set())

    @cached_property
    def _commented(self) -> dict[str, set[str]]:
        """Keys in comments of values.yaml, by the section they stand in or next to; those of the first level by ""."""
        found: dict[str, set[str]] = {"": set()}
        section, waiting = "", set[str]()
        for line in self._chart.text("values.yaml").splitlines():
            comment, opening = COMMENTED.match(line), SECTION.match(line)
            if comment:
                found.setdefault(section, set()).add(comment[1])
                if line.startswith("#"):
                    waiting.add(comment[1])
            elif opening:
                section = opening[1].strip()
                found.setdefault(section, set()).update(waiting)
                found[""] |= waiting
                waiting = set()
        found[""] |= waiting
        return found


def _block(template: str, start: int) -> str:
    """What stands between a ``with`` and its ``end``."""
    depth = 1
    for tag in OPENS_OR_ENDS.finditer(template, start):
        depth += 1 if tag[1] else -1
        if not depth:
            return template[start : tag.start()]
    return template[start:]


def _without_aliases(template: str) -> str:
    """With ``$s.port`` written out, where ``$s`` stands for ``.Values.service``."""
    for name, path in ALIAS.findall(template):
        template = re.sub(rf"\${name}(?!\w)(?!\s*:?=)", path, template)
    return template


def unknown_keys(
    user: Mapping[str, Any], chart: Chart, values: Mapping[str, Any], open_values: Sequence[str] = ()
) -> list[tuple[str, ...]]:
    """The paths in ``user`` that the chart does not know. ``values`` holds those of the role as well."""
    return list(_unknown(user, chart.values, values, KnownKeys(chart, open_values), ()))


def _unknown(
    user: Mapping[str, Any],
    listed: Mapping[str, Any],
    values: Mapping[str, Any],
    known: KnownKeys,
    above: tuple[str, ...],
) -> Iterator[tuple[str, ...]]:
    for name, given in user.items():
        path = (*above, str(name))
        if known.is_open(path):
            continue
        own = values.get(name)
        if name in listed:
            default = listed[name]
            # Below an empty map, a list, a null or a text that is replaced, anything goes.
            if isinstance(given, Mapping) and isinstance(default, Mapping) and default:
                yield from _unknown(given, default, own if isinstance(own, Mapping) else {}, known, path)
        elif not (
            _sets_more(own, given) or known.in_comment(path) or known.in_schema(path) or known.in_templates(path)
        ):
            yield path


def _sets_more(values: Any, user: Any) -> bool:
    """Whether the role itself sets something there."""
    if not isinstance(values, Mapping) or not isinstance(user, Mapping):
        return False
    return bool(values.keys() - user.keys()) or any(_sets_more(values.get(key), user[key]) for key in user)


def nearest(path: tuple[str, ...], defaults: Mapping[str, Any]) -> str:
    """The known path that was probably meant; else empty."""
    siblings: Any = defaults
    for key in path[:-1]:
        siblings = siblings[key]
    by_case = {str(key).lower(): str(key) for key in siblings}
    close = get_close_matches(path[-1].lower(), list(by_case), n=1, cutoff=0.75)
    if close:
        return ".".join((*path[:-1], by_case[close[0]]))
    elsewhere = [other for other in _paths(defaults) if other[-1] == path[-1]]
    shortest: tuple[str, ...] = min(elsewhere, key=len, default=())
    return ".".join(shortest)


def _paths(defaults: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in defaults.items():
        yield (*above, key)
        if isinstance(value, Mapping):
            yield from _paths(value, (*above, key))


def refuse_unknown(
    user: Mapping[str, Any], chart: Chart, values: Mapping[str, Any], open_values: Sequence[str], name: str
) -> None:
    found = unknown_keys(user, chart, values, open_values)
    if found:
        raise refusal(found, chart, name)


def refusal(found: Sequence[tuple[str, ...]], chart: Chart, name: str) -> TracingError:
    lines = []
    for path in found:
        meant = nearest(path, chart.values)
        hint = f"; did you mean {meant}?" if meant else "."
        lines.append(f"{name}: {'.'.join(path)} is no value of chart {chart.name} {chart.version}{hint}")
    return invalid("\n".join(lines), f"See what there is with: helm show values {chart.ref}")
