"""Texts of a user's stay what they are where roles write YAML and read it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from test_links import run_plays

pytestmark = pytest.mark.case("C1")
FACE = "caf\u00e9 \U0001f600"


@pytest.fixture(scope="module")
def values(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    roles = [
        {"ansible.builtin.import_role": {"name": f"tracelab.k8s_tracing.{role}"}} for role in ("prometheus", "tempo")
    ]
    given = {
        "prometheus_external_labels": {"cluster": "3e1", "face": FACE},
        "prometheus_extra_scrape_jobs": [{"job": FACE, "targets": ["a:1"]}, {"job": "1e3", "targets": ["b:1"]}],
        "prometheus_alert_labels": {"team": FACE, "tier": "0o17"},
        "tempo_release_name": "n",
        "tempo_multitenancy_enabled": True,
        "tempo_tenant_limits": {"on": {"ingestion": {"max_traces_per_user": 1}}, "1e3": {}},
    }
    folder = tmp_path_factory.mktemp("texts")
    found = run_plays(root, folder, {"one": {"tasks": roles, "vars": given}})["one"]
    return {role: content for (role, _namespace, _release), content in found.items()}


def test_names_that_yaml_takes_for_something_else(values: dict[str, Any]) -> None:
    assert values["tempo"]["fullnameOverride"] == "n"
    assert set(values["tempo"]["tempo"]["per_tenant_overrides"]) == {"on", "1e3"}


def test_texts_with_characters_beyond_sixteen_bits(values: dict[str, Any]) -> None:
    prometheus = values["prometheus"]
    assert prometheus["server"]["global"]["external_labels"] == {"cluster": "3e1", "face": FACE}
    jobs = [one["job_name"] for one in yaml.safe_load(prometheus["extraScrapeConfigs"])]
    assert jobs[-2:] == [FACE, "1e3"]
    rules = prometheus["serverFiles"]["alerting_rules.yml"]["groups"][0]["rules"]
    assert {(rule["labels"]["team"], rule["labels"]["tier"]) for rule in rules} == {(FACE, "0o17")}
