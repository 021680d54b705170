"""Every metric that dashboards, rules, status and modules ask for is exported by the versions that the roles pin, and
by those that the test bed runs. A name that nobody exports shows as zero, or as nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from metric_facts import FACTS, ROOT, versions

pytestmark = pytest.mark.case("E1")
NAME = re.compile(r"\b(?:otelcol|alloy|tempo|tempodb)_[a-z0-9_]+\b")
QUOTED = re.compile(r'"((?:otelcol|alloy|tempo|tempodb)_[a-z0-9_]+)"')
# One fact that versions name differently: asked by all of these names together.
RENAMED = (
    {"otelcol_processor_refused_spans_total", "otelcol_processor_memory_limiter_refused_spans_total"},
    {"tempo_ingester_failed_flushes_total", "tempo_live_store_local_failed_flushes_total"},
    {"tempo_ingester_flush_queue_length", "tempo_live_store_complete_queue_length"},
    {"tempo_ingester_live_traces", "tempo_live_store_live_traces"},
    {"tempo_ingester_traces_created_total", "tempo_live_store_traces_created_total"},
)
# Made by libraries, under a prefix that the program gives them: seen in /metrics of the real programs.
BY_LIBRARIES = {"alloy_build_info", "tempo_build_info", "tempo_request_duration_seconds"}
# Of a processor that later versions don't have, and asked beside names that they have.
ONLY_IN_TEMPO_2 = {"tempo_metrics_generator_processor_local_blocks_failed_flushes_total"}
# Of what one process of Tempo 3 hands over, which the one of Tempo 2 is not asked for.
ONLY_IN_TEMPO_3 = {"tempo_live_store_blocks_completed", "tempo_live_store_local_blocks_flushed"}
FACT: dict[str, dict[str, list[str]]] = yaml.safe_load(FACTS.read_text())


def expressions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "expr":
                yield value
            else:
                yield from expressions(value)
    elif isinstance(node, list):
        for part in node:
            yield from expressions(part)


def asked() -> dict[str, set[str]]:
    """Names of metrics, by where they are asked."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "roles/grafana/files/dashboards").glob("*.yml"):
        for text in expressions(yaml.safe_load(file.read_text())):
            found.setdefault(file.name, set()).update(NAME.findall(text))
    for file in (ROOT / "roles/prometheus/files/rules").glob("*.yml"):
        found[f"rules/{file.name}"] = {
            name
            for text in expressions(yaml.safe_load(file.read_text()))
            for name in NAME.findall(text)
            if is_metric(name)
        }
    counters = (ROOT / "plugins/module_utils/_pipeline/counters.py").read_text()
    # What is a prefix there ends in `_`. The counters' parser takes names without `_total`, too.
    found["_counters.py"] = {name for name in QUOTED.findall(counters) if not name.endswith("_")}
    return found


def is_metric(name: str) -> bool:
    """Rules also name settings in angle brackets."""
    known = {one for names in FACT.values() for version in names.values() for one in version}
    options = {
        option
        for role in ("alloy", "tempo")
        for part in (
            "defaults/main.yml",
            *(f"vars/main/{p.name}" for p in (ROOT / "roles" / role / "vars/main").iterdir()),
        )
        for option in yaml.safe_load((ROOT / "roles" / role / part).read_text())
    }
    return name in known or name not in options


def base(name: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", name)


def exported(name: str, version: set[str]) -> bool:
    return bool({name, base(name), f"{name}_total"} & (version | BY_LIBRARIES))


ASKED = asked()
EVERY = sorted({name for names in ASKED.values() for name in names})


def group(name: str) -> set[str]:
    return next((names for names in RENAMED if name in names or f"{name}_total" in names), {name})


@pytest.mark.parametrize("name", EVERY)
def test_a_metric_is_exported_by_every_version(name: str) -> None:
    component = "alloy" if name.startswith(("alloy_", "otelcol_")) else "tempo"
    for version, names in FACT[component].items():
        if name in ONLY_IN_TEMPO_2 and not version.startswith("2."):
            continue
        if name in ONLY_IN_TEMPO_3 and not version.startswith("3."):
            continue
        asking = ", ".join(where for where, asked in ASKED.items() if name in asked)
        told = f"{asking} asks {name}, which {component} {version} does not export: see {FACTS.relative_to(ROOT)}"
        assert any(exported(one, set(names)) for one in group(name)), told


@pytest.mark.parametrize("name", EVERY)
def test_a_metric_with_two_names_is_asked_by_both(name: str) -> None:
    for where, names in ASKED.items():
        if name in names and len(group(name)) > 1:
            others = {one for one in group(name) if not {one, one.removesuffix("_total")} & names}
            assert not others, f"{where} asks {name}, and not {', '.join(others)}"


def test_the_facts_are_those_of_the_versions_that_are_used() -> None:
    assert {component: sorted(found) for component, found in FACT.items()} == versions()


def test_the_pinned_alloy_is_the_tested_one() -> None:
    from testbed import pins

    tag = yaml.safe_load((ROOT / "roles/alloy/defaults/main.yml").read_text())["alloy_image_tag"]
    assert tag == f"v{pins.load().pin('alloy').version}"


def test_metrics_are_asked_in_every_place() -> None:
    assert {"alloy.yml", "tempo.yml", "rules/recording.yml", "_counters.py"} <= {
        where for where, names in ASKED.items() if names
    }
    assert Path(FACTS).is_file()
