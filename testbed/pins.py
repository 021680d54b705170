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
    ldflags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pins:
    """Everything that is pinned."""

    kubernetes: str
    suite: str
    wire_version: str
    wire_tools_version: str
    programs: dict[str, Pin]

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
    programs = {name: _pin(name, table) for name, table in data["program"].items()}
    return Pins(
        kubernetes=data["kubernetes"],
        suite=data["debian"]["suite"],
        wire_version=data["wire"]["module_version"],
        wire_tools_version=data["wire"]["tools_version"],
        programs=programs,
    )


def _pin(name: str, table: dict[str, Any]) -> Pin:
    try:
        pin = Pin(name=name, **{**table, "ldflags": tuple(table.get("ldflags", ()))})
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
