# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chart in a folder or an archive, with the files that Helm would take from it."""

from __future__ import annotations

import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import open_regular, read_regular

from .yaml_text import load_map

BOM = b"\xef\xbb\xbf"
# What reading an archive raises that is damaged, or none. tarfile leaves some of it as its decompressors raise it.
BROKEN_ARCHIVE: tuple[type[Exception], ...] = (
    OSError,
    tarfile.TarError,
    EOFError,
    ValueError,
    OverflowError,
    zlib.error,
)
try:
    import lzma

    BROKEN_ARCHIVE = (*BROKEN_ARCHIVE, lzma.LZMAError)
except ImportError:
    pass  # a Python without it opens no such archive
# Helm's own bounds.
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_CHART_BYTES = 100 * 1024 * 1024
# The largest charts have some hundred files. Links that lead back into a folder make any number of them.
MAX_ENTRIES = 10_000
# Each rule is tried on each file; Helm's own example has some twenty.
MAX_RULES_BYTES = 16 * 1024
# Hidden files of templates/ are never templates.
DEFAULT_IGNORED = "templates/.?*"


@dataclass(frozen=True)
class Chart:
    """Every file but those of subcharts, by its path in the chart, and the names of the subcharts."""

    ref: str
    files: Mapping[str, bytes]
    bundled: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return load_map(self.files["Chart.yaml"], f"Chart.yaml of chart {self.ref}")

    @cached_property
    def values(self) -> dict[str, Any]:
        return load_map(self.files.get("values.yaml", b""), f"values.yaml of chart {self.ref}")

    @property
    def name(self) -> str:
        name = self.metadata.get("name")
        return name if isinstance(name, str) else ""

    @property
    def version(self) -> str:
        return str(self.metadata.get("version", ""))

    @cached_property
    def dependencies(self) -> list[dict[str, Any]]:
        """Those of Chart.yaml, and of requirements.yaml in charts of the first API version."""
        old = load_map(self.files.get("requirements.yaml", b""), f"requirements.yaml of chart {self.ref}")
        listed = [*(self.metadata.get("dependencies") or []), *(old.get("dependencies") or [])]
        return [item for item in listed if isinstance(item, dict)]

    @property
    def subcharts(self) -> frozenset[str]:
        """The keys under which values for subcharts stand."""
        named = {str(item[key]) for item in self.dependencies for key in ("name", "alias") if item.get(key)}
        return self.bundled | named

    def text(self, name: str) -> str:
        return self.files.get(name, b"").decode("utf-8", "replace")


def is_local(ref: str) -> bool:
    """Whether Helm takes this for a path: one that is there, or one that can be nothing else."""
    return Path(ref).exists() or ref.startswith(("/", "."))


def load_chart(ref: str) -> Chart:
    path = Path(ref)
    if not path.exists():
        raise TracingError(
            "chart_not_found", f"There is no chart at {ref}.", "Set the chart to a folder with a Chart.yaml, or a .tgz."
        )
    try:
        found = dict(_folder(path) if path.is_dir() else _archive(path))
    except BROKEN_ARCHIVE as error:
        raise TracingError("chart_invalid", f"The chart at {ref} cannot be read: {error}.") from error
    if "Chart.yaml" not in found:
        raise TracingError("chart_invalid", f"{ref} is no chart: it has no Chart.yaml.", "Check the path.")
    own = {name: data.removeprefix(BOM) for name, data in found.items() if not _in_subchart(name)}
    chart = Chart(ref, own, frozenset(_subchart(name) for name in found if _in_subchart(name)))
    if not chart.name:
        told = f"The Chart.yaml of {ref} holds a name or a version that no chart can have."
        raise TracingError("chart_invalid", told, "Check the path.")
    return chart


def _in_subchart(name: str) -> bool:
    return name.startswith("charts/")


def _subchart(name: str) -> str:
    """From charts/NAME/... or charts/NAME-1.2.3.tgz."""
    return re.sub(r"-v?\d[^/]*\.tgz$", "", name.split("/")[1])


def _archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Packaged without what is ignored, below one folder with the chart's name."""
    bounds = _Bounds()
    with open_regular(path) as file, tarfile.open(fileobj=file) as archive:
        for member in archive:
            bounds.count(member.name, member.size)
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                name = PurePosixPath(member.name)
                inner = "/".join(part for part in name.parts[1:] if part != ".")
                yield inner, b"" if _in_subchart(inner) else content.read()


def _folder(top: Path) -> Iterator[tuple[str, bytes]]:
    rules, bounds = top / ".helmignore", _Bounds()
    text = read_regular(rules, MAX_RULES_BYTES).decode("utf-8-sig", "replace") if rules.exists() else ""
    ignored = ignore_rules(text)
    for folder, folders, names in os.walk(top, followlinks=True):
        relative = Path(folder).relative_to(top)
        here = "" if relative == Path() else f"{relative.as_posix()}/"
        folders[:] = [name for name in folders if not ignored(f"{here}{name}", True)]
        for name in folders:
            bounds.count(f"{here}{name}")
        for name in names:
            inner = f"{here}{name}"
            if not ignored(inner, False):
                content = b"" if _in_subchart(inner) else read_regular(Path(folder) / name, MAX_FILE_BYTES)
                bounds.count(inner, len(content))
                yield inner, content


class _Bounds:
    """How much of a chart has been read. ``ValueError`` beyond what a chart can have."""

    def __init__(self) -> None:
        self._entries, self._bytes = 0, 0

    def count(self, name: str, size: int = 0) -> None:
        self._entries, self._bytes = self._entries + 1, self._bytes + size
        if size > MAX_FILE_BYTES or self._bytes > MAX_CHART_BYTES:
            raise ValueError(f"{name[:80]} is larger than Helm takes it")
        if self._entries > MAX_ENTRIES:
            raise ValueError(f"it has more than {MAX_ENTRIES} files; a link in it may lead back into it")


def ignore_rules(text: str) -> Callable[[str, bool], bool]:
    """The function that tells of a path, and of whether it is a folder, if a .helmignore drops it.

    As Helm reads that file: the first rule that applies decides, and ``!rule`` drops whatever the rule does not match.
    """
    lines = [line.strip() for line in text.splitlines()]
    rules = [_Rule(line) for line in [*lines, DEFAULT_IGNORED] if line and not line.startswith("#")]

    def ignored(path: str, is_folder: bool) -> bool:
        return any(rule.drops(path, is_folder) for rule in rules)

    return ignored


class _Rule:
    def __init__(self, line: str) -> None:
        self._negated = line.startswith("!")
        body = line.removeprefix("!")
        self._folders_only = body.endswith("/")
        body = body.removesuffix("/")
        self._whole_path = "/" in body
        self._pattern = re.compile(_regex(body.removeprefix("/")))

    def drops(self, path: str, is_folder: bool) -> bool:
        misses = self._folders_only and not is_folder
        matches = not misses and self._pattern.fullmatch(path if self._whole_path else path.rsplit("/", 1)[-1])
        return not matches if self._negated else bool(matches)


def _regex(glob: str) -> str:
    """One of Go's file name patterns: no wildcard matches a slash.

    What stands between two stars is taken where it comes first, and never looked for again behind that: the time would
    grow with each star by the length of the name.
    """
    first, *others = _between_stars(glob)
    if not others:
        return first
    middle = "".join(f"(?>[^/]*?{part})" for part in others[:-1] if part)
    return f"{first}{middle}[^/]*{others[-1]}"


def _between_stars(glob: str) -> list[str]:
    """The parts of a pattern, each of which matches texts of one length only."""
    parts = [""]
    tokens = re.finditer(r"\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|(.)", glob)
    for token in tokens:
        escaped, negated, inner, single = token.groups()
        if single == "*":
            parts.append("")
        elif inner:
            parts[-1] += f"(?!/){_class(negated, inner)}"
        elif escaped:
            parts[-1] += re.escape(escaped)
        else:
            parts[-1] += "[^/]" if single == "?" else re.escape(single)
    return parts


def _class(negated: str, inner: str) -> str:
    """Single characters and ranges. One that ends before it begins holds nothing."""
    ranges = re.findall(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", inner)
    ends = [(low[-1], (high or low)[-1]) for low, high in ranges]
    held = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ends if low <= high)
    return f"[{negated}{held}]" if held else ("." if negated else r"(?!)")
