# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as Helm reads it, which differs from Python's reading in plain words, numbers, keys and merges.

``1e3`` is a number and ``12:30`` or ``2026-01-31`` are texts to Helm; Python's YAML sees it the other way round. The
rules are those of go-yaml v2, and tests/contract/test_helm_values.py holds them against Helm itself.
"""

from __future__ import annotations

import base64
import binascii
import ctypes
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid

_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_NULL = {"", "~", "null", "Null", "NULL"}
_WORDS: dict[str, Any] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INT = re.compile(r"[-+]?(?:0[bB][01]+|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
# Of 64 bits in the longest notation, which is the binary one.
_LONGEST_INT = 70
# The largest values.yaml of the field has some 250 KB. Its nodes take about 150 times its size of memory.
MAX_MAP_BYTES = 768 * 1024
# Underscores may stand anywhere in a number, but only between digits in one that begins with its point.
_POINT_FIRST = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_OTHER_VERSION = re.compile(r"\ufeff?%YAML (?!1\.1\s)")
_TAG = "tag:yaml.org,2002:"
_PLAIN = f"{_TAG}plain"
_TYPES: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "float": (float,), "null": (type(None),)}
_MAY_FAIL = re.compile(r"(?:=|<<|[-+.0-9][-+.0-9_:xXbBoOtTzZeEa-fA-F ]*)\Z")
# Go's reader takes these only as escapes, and breaks lines at some of them.
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def load(text: str | bytes, what: str) -> Any:
    """The content of the first document; ``what`` names it in the error when it is no YAML."""
    import yaml

    try:
        return _first_document(text)
    except (yaml.YAMLError, UnicodeError, RecursionError, _NoValue) as error:
        raise TracingError("invalid_yaml", f"{what} is no YAML: {' '.join(str(error).split())}.") from error


def _first_document(text: str | bytes) -> Any:
    loader = _loader()(text)
    try:
        if not loader.check_node():
            return None
        node = loader.get_node()
    finally:
        loader.dispose()
    if _OTHER_VERSION.match(text if isinstance(text, str) else text.decode("utf-8", "replace")):
        raise _NoValue("it asks for another version than YAML 1.1")
    return _Reader().value(node)


def load_map(text: str | bytes, what: str) -> dict[str, Any]:
    if len(text) > MAX_MAP_BYTES:
        raise TracingError(
            "too_large",
            f"{what} is larger than {MAX_MAP_BYTES // 1024} KiB.",
            "Check that it is the chart that was meant.",
        )
    content = load(text, what)
    if content is not None and not isinstance(content, dict):
        raise TracingError("invalid_yaml", f"{what} is no map of keys.")
    return content or {}


def python_can_read(text: str) -> bool:
    """Whether Python's own YAML has a reading for a text that stands without quotes."""
    if not _MAY_FAIL.match(text):
        return True
    import yaml

    try:
        yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, OverflowError):
        return False
    return True


def dump(content: Any) -> str:
    """For people to read, and for Helm and kubectl: keys in order, texts of several lines as such."""
    import yaml

    text: str = yaml.dump(content, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, width=1000)
    return text


def to_json(values: Any) -> str:
    """Values as JSON that Helm, which reads it as YAML, takes for just these values."""
    text = json.dumps(held(values), ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def held(value: Any, place: str = "") -> Any:
    """A value as JSON has it. One that Helm could not hold is refused by its place."""
    if isinstance(value, Mapping):
        return {_json_key(key): held(inner, f"{place}.{key}" if place else str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [held(inner, f"{place}[{number}]") for number, inner in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        if re.search("[\ud800-\udfff]", value):
            raise invalid(
                f"The value {place} has a lone surrogate, which is half a character.",
                "Write characters outside of \\uXXXX as such.",
            )
        return str(value)
    if value is not None and not isinstance(value, bool):
        _refuse_inexact(value, place)
    return value


def _refuse_inexact(number: Any, place: str) -> None:
    """To Helm every number is a 64-bit float."""
    try:
        exact = math.isfinite(number) and float(number) == number
    except OverflowError:
        exact = False
    if not exact:
        raise invalid(
            f"The value {place} is {str(number)[:40]}, which Helm would not keep as it is.",
            "Write it as a text, in quotes.",
        )


class _NoValue(Exception):
    """A node that is YAML, and that Helm has no value for."""


class _Reader:
    """Values of the nodes of one document. What has an anchor is read once."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._open: set[int] = set()

    def value(self, node: Any) -> Any:
        if id(node) not in self._known:
            if id(node) in self._open:
                raise _NoValue("an anchor's value contains itself")
            self._open.add(id(node))
            self._known[id(node)] = self._read(node)
        return self._known[id(node)]

    def _read(self, node: Any) -> Any:
        if node.id == "mapping":
            return self._map(node)
        if node.id == "sequence":
            return [self.value(item) for item in node.value]
        return _scalar(node.tag, node.value)

    def _map(self, node: Any) -> dict[str, Any]:
        """The number 1 and the text 1 are two keys to Helm, of which one gets lost by chance. So are different numbers
        that it writes alike. 0 and -0 are one key, though written in two ways."""
        found: dict[str, Any] = {}
        first: dict[Any, Any] = {}
        for key, value in self._entries(node):
            name = _key(key)
            places: tuple[Any, ...] = (name, 0.0) if isinstance(key, float) and key == 0 else (name,)
            if any(repr(first.setdefault(place, key)) != repr(key) for place in places):
                raise _NoValue(f"the key {name} stands there twice")
            found[name] = value
        return found

    def _entries(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """In the order in which they stand: a merge replaces what stands before it."""
        for key, value in node.value:
            if key.id == "scalar" and key.value == "<<" and key.tag in (_PLAIN, f"{_TAG}merge"):
                yield from self._merged(value)
            elif key.id != "scalar":
                raise _NoValue("a key is no text")
            else:
                yield self._key_value(key), self.value(value)

    def _key_value(self, key: Any) -> Any:
        value = self.value(key)
        if value is None or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise _NoValue(f"the key {key.value or 'null'} is no text")
        return value

    def _merged(self, node: Any) -> Iterator[tuple[Any, Any]]:
        parts = list(reversed(node.value)) if node.id == "sequence" else [node]
        if any(part.id != "mapping" for part in parts):
            raise _NoValue("<< takes a map, or a list of maps")
        for part in parts:
            yield from self._entries(part)


def _scalar(tag: str, text: str) -> Any:
    if tag == _PLAIN:
        return plain(text)
    kind = tag.removeprefix(_TAG)
    if kind == "binary":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise _NoValue(f"{text!r:.40} is no base64") from error
    if kind not in _TYPES:
        return text
    value = plain(text)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, _TYPES[kind]) or (kind != "bool" and isinstance(value, bool)):
        raise _NoValue(f"{text!r:.40} is no {kind}")
    return value


def plain(text: str) -> Any:
    """What a word without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if text[0] == "." and not _POINT_FIRST.match(text):
        return text
    digits = text.replace("_", "")
    if len(digits) <= _LONGEST_INT and _INT.match(digits):
        number = int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", digits), 0)
        if -(2**63) <= number < 2**64 and (number < 2**63 or digits[0] != "+"):
            return number
    if _FLOAT.match(digits) and math.isfinite(float(digits)):
        return float(digits)
    return text


def _key(key: Any) -> str:
    """With texts for keys, as JSON has them."""
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, float):
        return _short(key)
    return str(key)


def _json_key(key: Any) -> str:
    """As json.dumps has it, by which values reach modules; it knows no dates."""
    if isinstance(key, (str, date)):
        return str(key)
    return "null" if key is None else json.dumps(key)


def _short(number: float) -> str:
    """As Go prints a 32-bit float, which is what Helm makes of a key that is no whole number."""
    narrow = _narrow(number)
    if not math.isfinite(narrow):
        return ".nan" if math.isnan(narrow) else f"{'-' * (narrow < 0)}.inf"
    texts = (f"{narrow:.{digits}e}" for digits in range(9))
    text = next(text for text in texts if _narrow(float(text)) == narrow)
    digits = len(text.partition("e")[0].partition(".")[2])
    exponent = int(text.partition("e")[2])
    return f"{float(text):.{max(digits - exponent, 0)}f}" if -4 <= exponent < 6 else text


def _narrow(number: float) -> float:
    return ctypes.c_float(number).value


@cache
def _loader() -> Any:
    import yaml

    class Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
        """Tells words without quotes from those with."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            plain_word = kind is yaml.ScalarNode and implicit[0]
            return _PLAIN if plain_word else super().resolve(kind, value, implicit)

    return Loader


def _style(text: str) -> str | None:
    """How a text is quoted, where Python's own choice is not the one that Go's reader needs."""
    if _ESCAPED.search(text):
        return '"'
    if "\n" in text:
        return "|"
    return "'" if text and plain(text) is not text else None


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, data: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))

    Dumper.add_representer(str, text)
    return Dumper
