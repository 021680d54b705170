"""Reads pins.toml: which programs there are and what each is built from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from testbed.errors import TestbedError, UsageError
from testbed.paths import FILES

PINS_FILE = FILES.parent / "pins.toml"
WAYS = ("module", "main", "grafana", "c")


@dataclass(frozen=True)
class Pin:
    """One program, exactly."""

    name: str
    version: str
    how: str = "module"
    module: str = ""
    module_version: str = ""
    sum: str = ""
    package: str = ""
    main: str = ""
    seed: str = ""
    staging_version: str = ""
    sumdb: bool = True
    # Built when it is asked for by its name.
    by_name: bool = False
    ldflags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pins:
    """Everything that is pinned."""

    suite: str
    wire_version: str
    wire_tools_version: str
    programs: dict[str, Pin]

    @property
    def kubernetes(self) -> str:
        """The version as kubeadm takes it."""
        return self.pin("kubeadm").module_version

    def pin(self, name: str) -> Pin:
        """The pin of one program."""
        try:
            return self.programs[name]
        except KeyError:
            known = ", ".join(sorted(self.programs))
            raise UsageError(f"unknown program {name!r}; known are: {known}") from None


def parse(text: str) -> Pins:
    """Read the text of pins.toml and refuse what cannot work."""
    data: dict[str, Any] = tomllib.loads(text)
    modules = data.get("module", {})
    programs = {name: _pin(name, table, modules) for name, table in data["program"].items()}
    return Pins(
        suite=data["debian"]["suite"],
        wire_version=data["wire"]["module_version"],
        wire_tools_version=data["wire"]["tools_version"],
        programs=programs,
    )


def _pin(name: str, own: dict[str, Any], modules: dict[str, dict[str, Any]]) -> Pin:
    of = own.get("of", "")
    if of and of not in modules:
        raise TestbedError(f"pins.toml: program {name}: of = {of!r} is none of {', '.join(sorted(modules))}")
    table = {**modules.get(of, {}), **{key: value for key, value in own.items() if key != "of"}}
    version = str(table.get("version") or str(table.get("module_version", "")).removeprefix("v"))
    major, _, rest = version.partition(".")
    said = {"version": version, "major": major, "minor": rest.partition(".")[0]}
    ldflags = tuple(flag.format(**said) for flag in table.get("ldflags", ()))
    try:
        pin = Pin(name=name, **{**table, "version": version, "ldflags": ldflags})
    except TypeError as error:
        raise TestbedError(f"pins.toml: program {name}: {error}") from error
    if pin.how not in WAYS:
        raise TestbedError(f"pins.toml: program {name}: how = {pin.how!r} is none of {', '.join(WAYS)}")
    if pin.how != "c" and not (pin.module and pin.module_version and pin.sum.startswith("h1:")):
        raise TestbedError(f"pins.toml: program {name} needs module, module_version and sum")
    return pin


@cache
def load() -> Pins:
    """The project's own pins."""
    return parse(PINS_FILE.read_text(encoding="utf-8"))
