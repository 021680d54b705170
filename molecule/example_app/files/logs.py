"""Keeps the newest log records that come by OTLP/HTTP, and answers as Loki what Grafana asks between traces and logs.

That is all records of a trace, or the newest of any. It runs in the example's image; it is no Loki.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

SERVICE = re.compile(r'\{service_name="([^"]*)"')
TRACE = re.compile(r'trace_id="([0-9a-f]{32})"')
records: deque[dict[str, str]] = deque(maxlen=10_000)


def keep(body: bytes) -> None:
    for group in ExportLogsServiceRequest.FromString(body).resource_logs:
        resource = {item.key: item.value.string_value for item in group.resource.attributes}
        for record in (record for scope in group.scope_logs for record in scope.log_records):
            records.append({
                "at": str(record.time_unix_nano or record.observed_time_unix_nano),
                "service": resource.get("service.name", ""),
                "trace": record.trace_id.hex(),
                "line": record.body.string_value,
            })  # fmt: skip


def found(query: str, limit: int) -> list[dict[str, Any]]:
    """Newest first. As Loki does, each record of a trace is a stream of its own."""
    service, trace = SERVICE.search(query), TRACE.search(query)
    wanted = [
        one
        for one in reversed(list(records))
        if (service is None or one["service"] == service[1])
        and (one["trace"] == trace[1] if trace else one["trace"] or "trace_id" not in query)
    ]
    return [
        {"stream": {"service_name": one["service"], "trace_id": one["trace"]}, "values": [[one["at"], one["line"]]]}
        for one in wanted[:limit]
    ]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        keep(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.answer(b"", "application/x-protobuf")

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if urlsplit(self.path).path.endswith("/query_range"):
            result = found(asked["query"][0], int(asked.get("limit", ["100"])[0]))
            data: Any = {"resultType": "streams", "result": result, "stats": {}}
        else:
            data = sorted({one["service"] for one in records})
        self.answer(json.dumps({"status": "success", "data": data}).encode(), "application/json")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: Alloy sends twice a second."""


if __name__ == "__main__":
    ThreadingHTTPServer((os.environ.get("HOST", ""), int(os.environ.get("PORT", "3100"))), Handler).serve_forever()
