# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways between traces and logs, as the data sources of a Grafana have them in their settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import stored_trace_id

# What an OTLP record becomes in Loki: its service is a label of the stream, its trace belongs to the line.
WITH_TRACE = '{service_name=~".+"} | trace_id != ""'
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


@dataclass(frozen=True)
class LogLinks:
    """``logs`` and ``traces`` are uids of data sources; ``tags`` are attributes of a span's resource, by label."""

    logs: str
    traces: str
    tags: Mapping[str, str]


def log_links(tempo: Mapping[str, Any], logs: Mapping[str, Any]) -> LogLinks | None:
    """By the settings (``jsonData``) of both data sources; None where one of the ways is missing."""
    forth = tempo.get("tracesToLogsV2") or {}
    back = [field for field in logs.get("derivedFields") or [] if field.get("matcherRegex") == "trace_id"]
    if not forth.get("datasourceUid") or not back or not back[0].get("datasourceUid"):
        return None
    tags = {_NO_LABEL.sub("_", tag.get("value") or tag["key"]): tag["key"] for tag in forth.get("tags") or []}
    return LogLinks(forth["datasourceUid"], back[0]["datasourceUid"], tags)


def traces_of(answer: Mapping[str, Any]) -> Iterator[str]:
    """The ids of traces in what Loki found, newest first."""
    found = [
        (int(line[0]), stored_trace_id(stream["stream"]["trace_id"]))
        for stream in answer["data"]["result"]
        for line in stream["values"]
    ]
    return (trace_id for _at, trace_id in sorted(found, reverse=True))


def logs_of_span(links: LogLinks, trace_id: str, resource: Mapping[str, Any]) -> str:
    """What Grafana asks Loki when somebody goes from a span of this resource to its logs."""
    labels = ", ".join(
        f"{label}={json.dumps(str(resource[attribute]), ensure_ascii=False)}"
        for label, attribute in links.tags.items()
        if attribute in resource
    )
    return (
        f'{{{labels}}} | label_format log_line_contains_trace_id=`{{{{ contains "{trace_id}" __line__ }}}}` '
        f'| log_line_contains_trace_id="true" or trace_id="{trace_id}"'
    )


def lines(answer: Mapping[str, Any]) -> int:
    streams: Sequence[Any] = answer["data"]["result"]
    return sum(len(stream["values"]) for stream in streams)
