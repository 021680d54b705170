# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the settings of a role: types, choices, keys and formats.

Types of single values are Ansible's: ``-e`` gives texts, so that ``yes`` stands for true, and ``3`` for a number.
Ansible would also let a list pass as a text, and a text as a list or a dictionary; but a role gets them as they were
given. All that Ansible's own validation refuses is refused here first: it prints the whole specification.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login, without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite

from .formats import Violation, form, is_text

Option = Mapping[str, Any]
# As Ansible's filter `bool` knows them, through which the roles read them.
_SWITCH_TEXTS = {"true", "false", "yes", "no", "on", "off", "1", "0"}
_LONGEST = 80
# Of options that all roles with a release have, by what comes after the role's name.
RELEASE_FORMATS = {
    "revision": "0..",
    "wait_timeout": ">0..86400",
    "namespace": "label",
    "release_name": "release",
    "kubeconfig": "path?",
    "kube_context": "line?",
    "helm_binary": "path?",
    "chart_ref": "chart",
    "image_pull_secrets[]": "name",
    "values_files[]": "path",
}
_LOGINS = {
    "_chart_(ref|repo_url)$": (
        "log in where Helm runs, with helm repo add NAME URL --username USER --password-stdin and NAME/CHART as "
        "chart_ref, or with helm registry login for oci://"
    ),
    "^prometheus_(remote_write_)?url$": "set prometheus_auth and prometheus_auth_secret",
    "^alloy_tempo_": "set alloy_tempo_auth",
    "^alloy_exporters": "set auth of this exporter",
}


def specs(file: Path) -> dict[str, Any]:
    """The entry points of a role's argument specification. Ansible's own loader notes where each text stands, which
    takes ten times as long.
    """
    found: dict[str, Any] = yaml_load(file.read_text(encoding="utf-8"))["argument_specs"]
    return found


def validate_settings(
    options: Mapping[str, Option],
    formats: Mapping[str, str],
    values: Mapping[str, Any],
    given_as: Mapping[str, str] | None = None,
    strict: Collection[str] | None = None,
) -> list[str]:
    """One sentence for each value that can't be right. Forms are named by path, such as ``exporters[].name``.

    ``given_as`` has the variable that a user has set, where an option has its value from another one. Of options that
    are not among ``strict``, where it is given, only what Ansible refuses is told.
    """
    told = []
    for name, value in values.items():
        option = options[name]
        if strict is not None and name not in strict and not _refused_by_ansible(name, option, value):
            continue
        shown_name = (given_as or {}).get(name, name)
        for wrong in _look(name, name, option, formats, value):
            named = replace(wrong, place=shown_name + wrong.place.removeprefix(name))
            told.append(_sentence(named, secret=bool(option.get("no_log"))))
    return told


def _refused_by_ansible(name: str, option: Option, value: Any) -> bool:
    try:
        return bool(ArgumentSpecValidator({name: option}).validate({name: value}).error_messages)
    except (OverflowError, TypeError):  # of infinity as a whole number, of a text in place of a dictionary in a list
        return True


def _look(place: str, path: str, option: Option, formats: Mapping[str, str], value: Any) -> Iterator[Violation]:
    """``place`` is where the value stands (``a[0].b``), ``path`` what tables call it (``a[].b``)."""
    kind = option["type"]
    fix = _type_fix(option, value, place, inside=place != path or "." in path)
    if fix:
        yield Violation(place, value, fix)
        return
    if kind != "list" and option.get("choices"):
        yield from _choice(place, option, value)
    if path in formats:
        yield from _placed(place, form(formats[path])(value))
    if kind == "list":
        part = {**option, "type": option.get("elements", "raw")}
        for number, item in enumerate(value):
            yield from _look(f"{place}[{number}]", f"{path}[]", part, formats, item)
    elif kind == "dict" and option.get("options"):
        yield from _keys(place, option["options"], value)
        for key, inner in option["options"].items():
            if key in value:
                yield from _look(f"{place}.{key}", f"{path}.{key}", inner, formats, value[key])


def _choice(place: str, option: Option, value: Any) -> Iterator[Violation]:
    choices = option["choices"]
    number = finite(value) if option["type"] in ("int", "float") else None
    if (value if number is None else number) not in choices:
        none = ", or leave it out" if "" in choices else ""
        yield Violation(place, value, f"use {_listed((choice for choice in choices if choice != ''), 'or')}{none}")


def _keys(place: str, known: Mapping[str, Option], value: Mapping[str, Any]) -> Iterator[Violation]:
    for key in value:
        if key not in known:
            meant = get_close_matches(str(key), known, n=1, cutoff=0.8)
            yield Violation(
                place, key, f"did you mean {meant[0]}?" if meant else f"it takes {_listed(known, 'and')}", True
            )
    missing = [key for key, option in known.items() if option.get("required") and key not in value]
    if missing:
        yield Violation(place, dict(value), f"add {_listed(missing, 'and')}")


def _listed(names: Iterable[Any], word: str) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} {word} {last}" if first else last


def _placed(place: str, found: Iterator[Violation]) -> Iterator[Violation]:
    return (Violation(place + wrong.place, wrong.value, wrong.fix, wrong.is_key) for wrong in found)


def _type_fix(option: Option, value: Any, place: str, *, inside: bool) -> str:
    """What to do about a value of another type; empty when it is right."""
    kind = option["type"]
    if value is None:
        return "give a value, or leave it out"
    if kind == "bool":
        return "" if _is_switch(value, inside=inside) else f"give true or false{', without quotes' if inside else ''}"
    if kind == "str":
        return "" if is_text(value) else "give a text, in quotes where YAML takes it for something else"
    if kind in ("int", "float"):
        text = isinstance(value, str) and inside
        number = None if text else finite(value)
        whole = number is not None and (kind == "float" or number == int(number))
        return "" if whole else f"give a {'whole ' if kind == 'int' else ''}number{', without quotes' if text else ''}"
    if kind == "list":
        return "" if isinstance(value, list) else "give a list" + _as_json(place, value, option, inside=inside)
    if kind == "dict" and not isinstance(value, Mapping):
        names = _listed(_needed(option) or ["names"], "and")
        return f"give {names} with their values" + _as_json(place, value, option, inside=inside)
    return ""


def _needed(option: Option) -> list[str]:
    """The keys that a dictionary must have."""
    return [key for key, inner in (option.get("options") or {}).items() if inner.get("required")]


def _is_switch(value: Any, *, inside: bool) -> bool:
    text = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    return str(value).lower() in _SWITCH_TEXTS if text and not inside else isinstance(value, bool)


def _as_json(place: str, value: Any, option: Option, *, inside: bool) -> str:
    """How the command line gives what is no text."""
    if inside or not isinstance(value, str):
        return ""
    whole: Any = dict.fromkeys(_needed(option), "a") or {"a": "b"}
    if option["type"] == "list":
        whole = [whole] if option.get("elements") == "dict" else ["a", "b"]
    return f", on the command line as -e '{json.dumps({place: whole})}'"


def _sentence(wrong: Violation, *, secret: bool) -> str:
    if secret:
        return f"{wrong.place} can't be as it is: {wrong.fix}."
    if isinstance(wrong.value, str) and has_login(wrong.value):
        return f"{wrong.place} is {shown(wrong.value)}, with a login in it: {_login_fix(wrong.place)}."
    said = "has the key" if wrong.is_key else "is"
    return f"{wrong.place} {said} {shown(wrong.value)}: {wrong.fix}{'' if wrong.fix.endswith('?') else '.'}"


def _login_fix(place: str) -> str:
    """Where credentials go, which are repeated wherever an address is shown."""
    return next((fix for pattern, fix in _LOGINS.items() if re.search(pattern, place)), "leave it out")


def shown(value: Any) -> str:
    """A value as an error shows it: on one line, and no longer than it helps."""
    if value is None:
        return "null"
    text = without_login(repr(str(value)) if isinstance(value, str) else json.dumps(value, default=str))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def unknown(given: Iterable[str], known: Collection[str], prefix: str) -> list[str]:
    """One sentence for each variable of a prefix that is nobody else's and that is no setting."""
    told = []
    for name in sorted(name for name in given if name.startswith(prefix) and name not in known):
        meant = get_close_matches(name, known, n=1, cutoff=0.8)
        told.append(f"{name} is no setting{f': did you mean {meant[0]}?' if meant else ' of this collection.'}")
    return told


def misspelt(given: Iterable[str], known: Collection[str]) -> list[str]:
    """One sentence for each variable that has the prefix of a role's settings and is next to one of them."""
    first, last = min(known), max(known)
    prefix = first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
    told = []
    for name in sorted(name for name in given if name.startswith(prefix) and name not in known):
        meant = [other for other in known if _is_slip(name.removeprefix(prefix), other.removeprefix(prefix))]
        told += [f"{name} is no setting: did you mean {other}?" for other in meant[:1]]
    return told


def _is_slip(given: str, meant: str) -> bool:
    """Whether two words differ by one letter too much, too little, wrong or swapped. Short words may be others' own."""
    if min(len(given), len(meant)) < 6 or abs(len(given) - len(meant)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(given, meant, strict=False)) if a != b), min(len(given), len(meant)))
    left, right = given[same:], meant[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped
