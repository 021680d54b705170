# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes from elsewhere turned into values: JSON and YAML with bounds that the formats themselves do not have.

A server may send a number that no integer can hold, a structure that nests without end, or twelve bytes of YAML that
stand for all memory. Each of them ends here, as a ``ValueError`` that says what is wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

yaml: Any
try:
    import yaml
except ImportError:
    yaml = None  # on the target it may be missing; whoever needs it says so

T = TypeVar("T")
# What reading a structure raises that is not as it should be.
UNSHAPED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
# Tempo's whole configuration has some 50 KB; PyYAML takes a second for a megabyte.
MAX_YAML_CHARACTERS = 1024 * 1024
# OTLP's deepest structures have about twenty levels.
MAX_DEPTH = 100
# Each takes about a hundred bytes of memory. A page of the API server's nodes has some 30 000.
MAX_JSON_VALUES = 1_000_000
# What reading may take, by estimate: the answer, its text, the texts in it, and a hundred bytes for each value.
MAX_JSON_MEMORY = 150 * 1024 * 1024
_VALUE_BYTES = 100
# In UTF-8 the first byte of a character beyond U+FFFF. One of them makes each character of a text take four bytes.
_FOUR_BYTES = [bytes([first]) for first in range(0xF0, 0xF5)]


def parse_json(text: str | bytes) -> Any:
    """JSON as its standard has it. ``ValueError`` for anything else: ``NaN``, ``Infinity`` and 1e999 too.

    More than memory should hold is a ``TracingError``, before any of it is decoded.
    """
    refuse_large(text)
    content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    try:
        return DECODER.decode(content)
    except RecursionError as error:
        raise ValueError("it nests too deep") from error


def refuse_large(text: str | bytes) -> None:
    """``TracingError`` for JSON that would take more memory than a module should have."""
    values = sum(map(text.count, ",[{")) if isinstance(text, str) else sum(map(text.count, b",[{"))
    size = len(text)
    if values > MAX_JSON_VALUES or 2 * size + size * _width(text) + values * _VALUE_BYTES > MAX_JSON_MEMORY:
        raise TracingError(
            "too_large",
            f"An answer of {size // 1024} KiB has about {values} values, which is more than is read.",
            "Ask for less: a shorter range, a longer step, a lower limit.",
        )


def _width(text: str | bytes) -> int:
    """How many bytes of memory Python takes for a character of this text: as many as for the widest in it."""
    if text.isascii():
        return 1
    wide = max(text) > "\uffff" if isinstance(text, str) else any(first in text for first in _FOUR_BYTES)
    return 4 if wide else 2


def shaped(read: Callable[[], T], wrong: Callable[[Exception], Exception]) -> T:
    """What ``read`` makes of a foreign structure. ``wrong`` makes the error where it is not as it should be."""
    try:
        return read()
    except UNSHAPED as error:
        raise wrong(error) from error


def _not_json(text: str) -> Any:
    raise ValueError(f"{text} is not a number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


DECODER = json.JSONDecoder(parse_constant=_not_json, parse_float=_finite)


def parse_yaml(text: str) -> Any:
    """YAML without aliases, bounded in size and depth; ``ValueError`` for anything else.

    ``ImportError`` where PyYAML is missing.
    """
    if yaml is None:
        raise ImportError("PyYAML is missing")
    if len(text) > MAX_YAML_CHARACTERS:
        raise ValueError(f"it is longer than {MAX_YAML_CHARACTERS} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_bombs(text, loader)
        return yaml.load(text, loader)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        raise ValueError(f"it is no YAML that can be read ({type(error).__name__})") from error


def _refuse_bombs(text: str, loader: Any) -> None:
    """Events come one by one and take no memory, whatever an alias in them would stand for."""
    depth = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it has aliases")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError("it nests too deep")
