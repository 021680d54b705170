"""The tables of values that roles rely on: of keys that the charts have, and options that the roles have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_keys import Contract, parents, read_contract

pytestmark = pytest.mark.case("C2")
CHARTS = {
    ("alloy", "_alloy_fixed_values"): "alloy",
    ("grafana", "_grafana_fixed_values"): "grafana",
    ("prometheus", "_prometheus_fixed_values"): "prometheus",
    ("tempo", "_tempo_monolithic_fixed"): "tempo",
    ("tempo", "_tempo_distributed_fixed"): "tempo-distributed",
    ("tempo_vulture", "_tempo_vulture_fixed_values"): "tempo-vulture",
}
# In a comment of values.yaml, in a template alone, or of Tempo's own configuration below a key that is open.
UNLISTED = {
    "adminPassword",
    "grafana.ini.server.root_url",
    "grafana.ini.server.http_port",
    "grafana.ini.server.protocol",
    "nameOverride",
    "persistence.storageClassName",
    "route.main.hostnames",
    "server.persistentVolume.storageClass",
    "tempo.backendWorker.compaction.block_retention",
    "tempo.metricsGenerator.remote_write",
    "tempo.receivers.otlp.protocols.grpc.tls",
    "tempo.receivers.otlp.protocols.http.tls",
    "tempo.receivers.zipkin",
}


def table(root: Path, role: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / f"roles/{role}/vars/main/fixed_values.yml").read_text())[name]
    return found


def contract_of(contracts: Path, chart: str) -> Contract:
    """That of the version which the contract files have."""
    file = next(iter(contracts.glob(f"{chart}-[0-9]*.keys.tsv")))
    return read_contract(contracts, chart, file.name.removeprefix(f"{chart}-").removesuffix(".keys.tsv"))


@pytest.mark.parametrize(("role", "name"), CHARTS)
def test_each_path_is_one_of_the_chart(root: Path, contracts: Path, role: str, name: str) -> None:
    contract = contract_of(contracts, CHARTS[role, name])
    known = {*contract.types, *(above for path in contract.types for above in parents(path))}
    strange = {
        path
        for path in table(root, role, name)
        if path not in known and not any(above in contract.open_paths for above in parents(path))
    }
    assert strange <= UNLISTED


@pytest.mark.parametrize("role", ["alloy", "grafana", "k6_trace_generator", "prometheus", "tempo", "tempo_vulture"])
def test_each_fix_names_an_option_that_there_is(root: Path, role: str) -> None:
    text = (root / f"roles/{role}/vars/main/fixed_values.yml").read_text(encoding="utf-8")
    options = yaml.safe_load((root / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    named = {
        word
        for line in re.findall(r"(?:fix: \"?|: )(set .*|put .*)", text)
        for word in re.findall(rf"{role}_\w+", line)
    }
    assert named and named <= set(options["options"])


@pytest.mark.parametrize("role", ["alloy", "tempo"])
def test_names_are_in_every_table(root: Path, role: str) -> None:
    """Where the role does not follow them: those of Grafana and Prometheus it does."""
    name = {"alloy": "_alloy_fixed_values", "tempo": "_tempo_common_fixed"}[role]
    assert {"fullnameOverride", "nameOverride"} <= set(table(root, role, name))
