# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All cases, each with its number."""

from __future__ import annotations

from dataclasses import replace

from subjects import tempo

SUBJECTS = [*tempo.SUBJECTS]
# Modules that take nothing from servers or files of others, and why.
READS_NOTHING = dict.fromkeys(
    (
        "bundle_info", "chart_archive", "cluster_preflight", "dashboard_check", "generated_secret", "grafana_check",
        "helm_async", "helm_release_plan", "image_copy", "release_objects", "service_uri", "settled_run",
        "span_metrics_check", "tracing_pipeline_info", "tracing_report", "workloads_ready",
    ),
    "its rows are still to be written",
)  # fmt: skip

CASES = [
    replace(case, id=f"c{number:04}")
    for number, case in enumerate((case for subject in SUBJECTS for case in subject.cases()), 1)
]
