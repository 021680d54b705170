# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus' settings may not be together, its configuration, and the rules that are made for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import (
    prometheus_jobs,
    prometheus_remote_write,
    prometheus_rules,
)
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

FILES = Path(__file__).resolve().parents[4] / "roles" / "prometheus" / "files" / "rules"
SETTINGS: dict[str, Any] = {
    "remote_write_url": "",
    "scrape_targets": {"tempo": "tempo.tracing.svc:3200"},
    "extra_scrape_jobs": [],
    "alerts": [{"name": "One"}, {"name": "Two"}],
    "alerts_disabled": [],
    "alert_settings": {},
    "known_alert_settings": ["for", "window", "volume_ratio"],
    "forward_to": [],
}
URL = "https://mimir.example.com/api/v1/push"
NOT_BOTH = "prometheus_forward_to: set auth and secret both, or neither, in each entry."


def forward(**entry: Any) -> dict[str, Any]:
    return {"forward_to": [{"url": URL, **entry}]}


def header(name: str) -> str:
    return f"prometheus_forward_to has the headers {name}: a header is no place for a secret. Use auth and secret."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ""),
        ({"remote_write_url": "http://prometheus.monitoring.svc:9090/api/v1/write"}, ""),
        (
            {"remote_write_url": "http://prometheus:9090/"},
            "prometheus_remote_write_url is 'http://prometheus:9090/': give a whole address with its path, such as "
            "http://prometheus.monitoring.svc:9090/api/v1/write.",
        ),
        ({"extra_scrape_jobs": [{"job": "shop"}]}, ""),
        (
            {"extra_scrape_jobs": [{"job": "tempo"}]},
            "prometheus_extra_scrape_jobs repeats a name (prometheus, tempo, tempo, those of prometheus_scrape_targets "
            "and the chart's own job among them): give each job its own.",
        ),
        (
            {"scrape_targets": {"prometheus": "a:1"}},
            "prometheus_extra_scrape_jobs repeats a name (prometheus, prometheus, those of prometheus_scrape_targets "
            "and the chart's own job among them): give each job its own.",
        ),
        ({"alerts_disabled": ["Two"]}, ""),
        (
            {"alerts_disabled": ["Two", "Three", "Four"]},
            "prometheus_alerts_disabled has Three, Four, which is none of One, Two.",
        ),
        ({"alert_settings": {"for": "1m", "volume_ratio": 0.5}}, ""),
        (
            {"alert_settings": {"fro": "1m"}},
            "prometheus_alert_settings is {'fro': '1m'}: it takes for, window, volume_ratio.",
        ),
        (forward(), ""),
        (forward(auth="none"), ""),
        (forward(auth="basic", secret="login", headers={"X-Scope-OrgID": "shop"}), ""),
        (forward(auth="bearer"), NOT_BOTH),
        (forward(auth="bearer", secret=""), NOT_BOTH),
        (forward(auth="none", secret="login"), NOT_BOTH),
        (forward(secret="login"), NOT_BOTH),
        (
            {"forward_to": [{"url": URL}, {"url": "https://mimir.example.com"}]},
            f"prometheus_forward_to has the addresses {URL}, https://mimir.example.com: give whole ones, with "
            "their path.",
        ),
        (
            {"forward_to": [{"url": "mimir/api"}]},
            "prometheus_forward_to has the addresses mimir/api: give whole ones, with their path.",
        ),
        (forward(headers={"AUTHORIZATION": "x"}), header("AUTHORIZATION")),
        (forward(headers={"X-Api-Key": "x"}), header("X-Api-Key")),
        (forward(headers={"X-Auth-Token": "x"}), header("X-Auth-Token")),
        (forward(headers={"X-Cookie-Law": "x"}), ""),
    ],
)
def test_settings(given: Mapping[str, Any], expected: str) -> None:
    assert setting_problems({**SETTINGS, **given}, "prometheus") == ([expected] if expected else [])


def test_jobs_are_text_as_the_chart_takes_it() -> None:
    targets = {"tempo": "tempo.stack.svc:3200", "alloy": "alloy:12345"}
    extra = [{"job": "shop", "targets": ["a:1"]}, {"job": "1e3", "targets": ["b:1"], "path": "/m", "scheme": "https"}]
    text = prometheus_jobs(targets, extra, "tracing")
    assert text.startswith(
        """\
- job_name: "alloy"
  static_configs:
    - targets: ["alloy:12345"]
      # As a ServiceMonitor's targets have it.
      labels: {namespace: "tracing"}
- job_name: "tempo"
"""
    )
    made = {job["job_name"]: job for job in yaml.safe_load(text)}
    assert list(made) == ["alloy", "tempo", "shop", "1e3"]
    assert made["tempo"]["static_configs"][0]["labels"] == {"namespace": "stack"}
    assert (made["shop"]["metrics_path"], made["shop"]["scheme"]) == ("/metrics", "http")
    assert (made["1e3"]["metrics_path"], made["1e3"]["scheme"]) == ("/m", "https")
    assert made["1e3"]["static_configs"] == [{"targets": ["b:1"]}]


def test_a_job_may_have_each_address_of_a_name() -> None:
    targets = {"parts": "dns+tempo-live-store.stack.svc:3200", "near": "dns+pods:80"}
    made = {job["job_name"]: job for job in yaml.safe_load(prometheus_jobs(targets, [], "tracing"))}
    found = {"names": ["tempo-live-store.stack.svc"], "type": "A", "port": 3200, "refresh_interval": "15s"}
    assert made["parts"]["dns_sd_configs"] == [found]
    assert made["parts"]["relabel_configs"] == [{"target_label": "namespace", "replacement": "stack"}]
    assert made["near"]["relabel_configs"] == [{"target_label": "namespace", "replacement": "tracing"}]
    assert "static_configs" not in made["parts"]


def test_a_job_that_may_have_no_target_is_expected_to_have_one() -> None:
    targets = {"parts": "dns+a.stack.svc:3200", "near": "dns+pods:80", "tempo": "tempo.tracing.svc:3200"}
    rules = prometheus_rules([], [], VALUES, {}, {}, "", targets, "tracing")[0]["rules"]
    assert rules == [
        {"record": "tracing:job_expected:info", "expr": "vector(1)", "labels": {"namespace": place, "job": job}}
        for job, place in (("parts", "stack"), ("near", "tracing"))
    ]


def test_canaries_of_tenants_are_further_targets_of_the_job() -> None:
    listed = [{"tenant": "team-a", "namespace": "shop", "metrics": "tempo-vulture.shop.svc:8080"}]
    told = {"targets": ["tempo-vulture.shop.svc:8080"], "labels": {"namespace": "shop", "tenant": "team-a"}}
    own = {"tempo-vulture": "tempo-vulture.tracing.svc:8080"}
    (alone,) = yaml.safe_load(prometheus_jobs({}, [], "tracing", listed))
    assert alone == {"job_name": "tempo-vulture", "static_configs": [told]}
    (beside,) = yaml.safe_load(prometheus_jobs(own, [], "tracing", listed))
    first = {"targets": ["tempo-vulture.tracing.svc:8080"], "labels": {"namespace": "tracing"}}
    assert beside == {"job_name": "tempo-vulture", "static_configs": [first, told]}


def test_no_jobs() -> None:
    assert prometheus_jobs({}, [], "tracing") == ""


def test_remote_write() -> None:
    receivers = [
        {"url": "a", "headers": {"X": "1"}, "auth": "none"},
        {"url": "b", "auth": "basic", "secret": "s"},
        {"url": "c", "auth": "bearer", "secret": "t"},
        {"url": "d", "auth": "bearer", "secret": "s"},
    ]
    made = prometheus_remote_write(receivers, "/f")
    assert made["remote_write"] == [
        {"url": "a", "headers": {"X": "1"}},
        {"url": "b", "basic_auth": {"username_file": "/f/s/username", "password_file": "/f/s/password"}},
        {"url": "c", "authorization": {"credentials_file": "/f/t/token"}},
        {"url": "d", "authorization": {"credentials_file": "/f/s/token"}},
    ]
    assert made["mounts"] == [
        {"name": "secret-s", "secretName": "s", "mountPath": "/f/s", "readOnly": True},
        {"name": "secret-t", "secretName": "t", "mountPath": "/f/t", "readOnly": True},
    ]


ALERT = {
    "name": "Late",
    "severity": "warning",
    "expr": "x[<< window >>] > << ratio >>",
    "summary": "s",
    "description": "d",
}
VALUES = {"for": "5m", "window": "2m", "ratio": 0.5}


def test_rules_have_their_settings() -> None:
    rules = [{"record": "a", "expr": "rate(b[<< window >>])"}]
    [recording, alerts] = prometheus_rules(rules, [ALERT, {**ALERT, "for": "1m"}], VALUES, {}, {"team": "shop"})
    assert recording == {"name": "tracing-pipeline", "rules": [{"record": "a", "expr": "rate(b[2m])"}]}
    assert alerts["name"] == "tracing-alerts"
    assert alerts["rules"][0] == {
        "alert": "Late",
        "expr": "x[2m] > 0.5",
        "for": "5m",
        "labels": {"severity": "warning", "team": "shop"},
        "annotations": {"summary": "s", "description": "d"},
    }
    assert alerts["rules"][1]["for"] == "1m"


def test_runbooks_and_labels() -> None:
    alert = prometheus_rules([], [ALERT], VALUES, {}, {"severity": "page"}, "https://runbooks")[1]["rules"][0]
    assert alert["annotations"]["runbook_url"] == "https://runbooks/Late.md"
    assert alert["labels"] == {"severity": "page"}


def test_a_volume_is_watched() -> None:
    volumes = {"tempo": {"namespace": "n", "used": "u", "size": 10}}
    [rule] = prometheus_rules([], [], VALUES, volumes, {})[0]["rules"]
    assert rule == {
        "record": "tracing:volume_used:ratio",
        "expr": "sum(u) / 10",
        "labels": {"namespace": "n", "volume": "tempo"},
    }


@pytest.mark.parametrize(("never", "left"), [([], ["id", "search"]), (["id"], ["search"]), (["search"], ["id"])])
def test_what_the_canary_never_reads_has_no_rule(never: list[str], left: list[str]) -> None:
    rules = [{"record": "a", "expr": "b"}, *({"record": "c", "expr": "d", "labels": {"by": by}} for by in left + never)]
    made = prometheus_rules(rules, [], {**VALUES, "canary_never_reads": never}, {}, {})[0]["rules"]
    assert made == rules[: 1 + len(left)]


def test_the_files_name_only_settings_that_there_are() -> None:
    names = (
        "for",
        "window",
        "queue_ratio",
        "latency_seconds",
        "volume_ratio",
        "canary_seconds",
        "lag_seconds",
        "watched_claims",
        "canary_unfound",
    )
    given = dict.fromkeys(names, "X")
    recording, alerts = (yaml.safe_load((FILES / f"{name}.yml").read_text()) for name in ("recording", "alerts"))
    text = str(prometheus_rules(recording, alerts, given, {}, {}))
    assert "<<" not in text and "[X]" in text
