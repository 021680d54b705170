"""The alerts and recording rules that the role makes, judged by the real promtool; and their runbooks."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import render
from test_alloy_config import ROOT

OPTIONS: dict[str, dict[str, Any]] = {
    # As in a play with Tempo, whose volume is then watched too.
    "usual": {
        "prometheus_runbook_url": "https://runbooks.example.com",
        "tempo_persistence_enabled": True,
        "tempo_persistence_size": "10Gi",
    },
    "changed": {
        "prometheus_alert_settings": {"for": "30s", "window": "1m", "queue_ratio": 0.5, "latency_seconds": 0.01},
        "prometheus_alert_labels": {"team": "shop"},
        # These have a time of their own.
        "prometheus_alerts_disabled": ["TracingNoTraces", "TracingCanaryStale"],
        "prometheus_runbook_url": "",
    },
    "searching": {"tempo_vulture_read_interval": "0s"},
    "off": {"prometheus_rules_enabled": False},
}
RUNBOOKS = ROOT / "docs" / "runbooks"
Files = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Files]:
    made = render(ROOT, "prometheus", OPTIONS, tmp_path_factory.mktemp("prometheus"))
    files: dict[str, Any] = {case: rendered.values["serverFiles"] for case, rendered in made.items()}
    return files


def alerts(files: Files) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in files["alerting_rules.yml"]["groups"][0]["rules"]}


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([required("promtool"), *arguments], cwd=folder, capture_output=True, text=True, timeout=120)


def written(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content))
    return folder


@pytest.mark.parametrize("case", ["usual", "changed"])
def test_prometheus_takes_the_rules(rules: Mapping[str, Files], case: str, tmp_path: Path) -> None:
    done = promtool(written(rules[case], tmp_path), "check", "rules", *rules[case])
    assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout + done.stderr


def test_each_alert_fires_on_its_fault_and_on_nothing_else(rules: Mapping[str, Files], tmp_path: Path) -> None:
    shutil.copyfile(Path(__file__).with_name("alerts.yml"), written(rules["usual"], tmp_path) / "alerts.yml")
    done = promtool(tmp_path, "test", "rules", "alerts.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_test(rules: Mapping[str, Files]) -> None:
    tests = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text())["tests"]
    looked = [item for test in tests for item in test.get("alert_rule_test", [])]
    fired = {item["alertname"] for item in looked if item.get("exp_alerts")}
    quiet = {item["alertname"] for item in looked if not item.get("exp_alerts")}
    assert set(alerts(rules["usual"])) == fired == quiet


def test_each_alert_has_a_runbook_and_each_runbook_an_alert(rules: Mapping[str, Files]) -> None:
    pages = {page.stem: page.read_text() for page in RUNBOOKS.glob("Tracing*.md")}
    assert set(pages) == set(alerts(rules["usual"]))
    for name, rule in alerts(rules["usual"]).items():
        assert rule["annotations"]["runbook_url"] == f"https://runbooks.example.com/{name}.md"
        for heading in (f"# {name}\n", "## What it means", "## Find the cause", "## What to do"):
            assert heading in pages[name], f"{name}: {heading}"


def test_settings_reach_the_alerts(rules: Mapping[str, Files]) -> None:
    changed = alerts(rules["changed"])
    assert "TracingNoTraces" not in changed
    assert {rule["for"] for rule in changed.values()} == {"30s"}
    assert {rule["labels"]["team"] for rule in changed.values()} == {"shop"}
    assert changed["TracingQueueFilling"]["expr"] == "tracing:queue_used:ratio > 0.5"
    assert changed["TracingIngestionSlow"]["expr"] == "tracing:ingestion_seconds:p95 > 0.01"
    assert not any("runbook_url" in rule["annotations"] for rule in changed.values())


def test_who_only_searches_can_not_tell_what_is_lost_from_what_is_not_found(rules: Mapping[str, Files]) -> None:
    found = {case: yaml.safe_dump(rules[case]["recording_rules.yml"], width=9999) for case in ("usual", "searching")}
    assert ("Tempo's search" in found["usual"], "on their way, or in search" in found["usual"]) == (True, False)
    assert ("Tempo's search" in found["searching"], "on their way, or in search" in found["searching"]) == (False, True)


def test_they_can_be_switched_off(rules: Mapping[str, Files]) -> None:
    assert rules["off"] == {}
