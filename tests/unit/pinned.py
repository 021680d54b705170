"""The versions that this checkout names, each read from the one place where it is pinned."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from testbed import pins  # noqa: E402

ROLES = ROOT / "roles"
# How the page calls what a role installs, and which programs of the test bed stand for it.
NAMES = {
    "prometheus": ("Prometheus", ["prometheus"]),
    "alloy": ("Alloy", ["alloy"]),
    "grafana": ("Grafana", ["grafana"]),
    "tempo_vulture": ("canary, tempo-vulture", ["tempo-vulture"]),
}
ENGINES = {"otlp-http": ["k6"]}


@dataclass(frozen=True)
class Part:
    """What one role installs: its charts, its image, and what the test bed runs in its place."""

    name: str
    charts: tuple[tuple[str, str], ...]
    image: str
    tag: str
    programs: tuple[str, ...]

    @property
    def version(self) -> str:
        return self.tag.removeprefix("v")


def tried() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = load(ROOT / "release" / "tested.yml")
    return found


def parts() -> list[Part]:
    """In the order in which they take what the next one sends."""
    found = {role: _of_defaults(role) for role in NAMES}
    return [found.pop("prometheus"), *_majors_of_tempo(), *found.values(), *_engines()]


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _of_defaults(role: str) -> Part:
    own = load(ROLES / role / "defaults" / "main.yml")
    name, programs = NAMES[role]
    (registry,) = re.findall(r"default\('([^']+)'\)", own[f"{role}_image_registry"])
    image = f"{registry}/{own[f'{role}_image_repository']}"
    charts = ((own[f"{role}_chart_ref"], own[f"{role}_chart_version"]),)
    return Part(name, charts, image, own[f"{role}_image_tag"], tuple(programs))


def _majors_of_tempo() -> list[Part]:
    programs = [name for name, pin in pins.load().programs.items() if pin.package.endswith("/cmd/tempo")]
    return [
        Part(
            f"Tempo {major}",
            tuple(one["charts"].items()),
            "docker.io/grafana/tempo",
            one["app"],
            tuple(name for name in programs if pins.load().pin(name).version.startswith(f"{major}.")),
        )
        for major, one in load(ROLES / "tempo" / "vars" / "main" / "majors.yml")["_tempo_majors"].items()
    ]


def _engines() -> list[Part]:
    table = load(ROLES / "k6_trace_generator" / "vars" / "main" / "run.yml")["_k6_trace_generator_engine_table"]
    return [
        Part(
            f"generator, {name}", (), f"{one['registry']}/{one['repository']}", one["tag"], tuple(ENGINES.get(name, ()))
        )
        for name, one in table.items()
    ]
