# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recording rules and alerts of the pipeline, as Prometheus takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .prometheus_configuration import found_by_name
from .texts import map_texts

Rule = Mapping[str, Any]


def groups(
    recording: Sequence[Rule],
    alerts: Sequence[Rule],
    settings: Mapping[str, Any],
    volumes: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, Any],
    runbook_url: str,
    targets: Mapping[str, str],
    namespace: str,
) -> list[dict[str, Any]]:
    """Recording rules, with those for volumes and for jobs that may be without targets; and alerts: a group of each."""
    watched = [_volume(name, volume) for name, volume in volumes.items()]
    watched += [_expected(job, where) for job, where in found_by_name(targets, namespace).items()]
    rules = [*(_filled(rule, settings) for rule in recording if _is_read(rule, settings)), *watched]
    fired = [_alert(_filled(alert, settings), settings, labels, runbook_url) for alert in alerts]
    return [{"name": "tracing-pipeline", "rules": rules}, {"name": "tracing-alerts", "rules": fired}]


def _is_read(rule: Rule, settings: Mapping[str, Any]) -> bool:
    """Whether it is not about a kind of reads that the canary is set never to do."""
    return rule.get("labels", {}).get("by") not in settings.get("canary_never_reads", [])


def _filled(rule: Rule, settings: Mapping[str, Any]) -> Any:
    return map_texts(rule, lambda text: re.sub("<< ([a-z_]+) >>", lambda found: str(settings[found[1]]), text))


def _volume(name: str, volume: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "record": "tracing:volume_used:ratio",
        "expr": f"sum({volume['used']}) / {volume['size']}",
        "labels": {"namespace": volume["namespace"], "volume": name},
    }


def _expected(job: str, namespace: str) -> dict[str, Any]:
    return {"record": "tracing:job_expected:info", "expr": "vector(1)", "labels": {"namespace": namespace, "job": job}}


def _alert(alert: Rule, settings: Mapping[str, Any], labels: Mapping[str, Any], runbook_url: str) -> dict[str, Any]:
    runbook = {"runbook_url": f"{runbook_url}/{alert['name']}.md"} if runbook_url else {}
    return {
        "alert": alert["name"],
        "expr": alert["expr"],
        "for": alert.get("for", settings["for"]),
        "labels": {"severity": alert["severity"], **labels},
        "annotations": {"summary": alert["summary"], "description": alert["description"], **runbook},
    }
