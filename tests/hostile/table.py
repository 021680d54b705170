# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All cases, each with its number."""

from __future__ import annotations

from dataclasses import replace

from subjects import blind, blind_cluster, blind_files, files, grafana, kubernetes, metrics, reader, tempo

SUBJECTS = [*tempo.SUBJECTS, *metrics.SUBJECTS, *grafana.SUBJECTS, *kubernetes.SUBJECTS]
# Modules that take nothing from servers or files of others, and why.
READS_NOTHING = {
    "checked_values": "it fills in variables on the controller",
    "helm_async": "its action plugin hands everything to kubernetes.core.helm, and reads nothing of what comes back",
}

CASES = [
    replace(case, id=f"c{number:04}")
    for number, case in enumerate(
        [
            *(case for subject in SUBJECTS for case in subject.cases()),
            *files.CASES,
            *reader.CASES,
            *blind.CASES,
            *blind_cluster.CASES,
            *blind_files.CASES,
        ],
        1,
    )
]
