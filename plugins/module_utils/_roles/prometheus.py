# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus' settings may not be together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional

Rows = Sequence[Mapping[str, Any]]

# The chart's own.
_OWN_JOB = "prometheus"
_SECRET_HEADER = re.compile(r"^(authorization|cookie|.*(token|password|secret|api-?key).*)$", re.IGNORECASE)


def problems(
    *,
    remote_write_url: str,
    scrape_targets: Mapping[str, str],
    extra_scrape_jobs: Rows,
    alerts: Rows,
    alerts_disabled: Sequence[str],
    alert_settings: Mapping[str, Any],
    known_alert_settings: Sequence[str],
    forward_to: Rows,
) -> list[str]:
    found = [*_jobs(scrape_targets, extra_scrape_jobs), *_alerts([alert["name"] for alert in alerts], alerts_disabled)]
    if remote_write_url and not parse_optional(remote_write_url).path:
        found.append(
            f"prometheus_remote_write_url is '{remote_write_url}': give a whole address with its path, such as "
            "http://prometheus.monitoring.svc:9090/api/v1/write."
        )
    if set(alert_settings) - set(known_alert_settings):
        found.append(f"prometheus_alert_settings is {alert_settings}: it takes {', '.join(known_alert_settings)}.")
    return found + list(_forward(forward_to))


def _jobs(targets: Mapping[str, str], extra: Rows) -> Iterator[str]:
    names = [_OWN_JOB, *targets, *(job["job"] for job in extra)]
    if len(set(names)) < len(names):
        yield (
            f"prometheus_extra_scrape_jobs repeats a name ({', '.join(names)}, those of prometheus_scrape_targets and "
            "the chart's own job among them): give each job its own."
        )


def _alerts(names: Sequence[str], disabled: Sequence[str]) -> Iterator[str]:
    if unknown := [name for name in disabled if name not in names]:
        yield f"prometheus_alerts_disabled has {', '.join(unknown)}, which is none of {', '.join(names)}."


def _forward(receivers: Rows) -> Iterator[str]:
    urls = [receiver["url"] for receiver in receivers]
    headers = [header for receiver in receivers for header in receiver.get("headers") or {}]
    if not all(re.match(r"^https?://[^/ ]+/[^ ]+$", url) for url in urls):
        yield f"prometheus_forward_to has the addresses {', '.join(urls)}: give whole ones, with their path."
    if any((one.get("auth", "none") != "none") != bool(one.get("secret")) for one in receivers):
        yield "prometheus_forward_to: set auth and secret both, or neither, in each entry."
    if any(_SECRET_HEADER.match(header) for header in headers):
        yield (
            f"prometheus_forward_to has the headers {', '.join(headers)}: a header is no place for a secret. "
            "Use auth and secret."
        )
