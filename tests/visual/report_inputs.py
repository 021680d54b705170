# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input for reports: results that a real check against a real Tempo gave, and the failures made from them."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SPANS, TRACES = 728, 101
RUN_ID = "20261123-015349-2efb"
STAGES = ("generator", "generator_to_alloy", "alloy", "alloy_to_tempo", "tempo_discarded", "tempo_search")
HOSTILE = "<script>alert('x')</script>\"&\x00\x1b[31m\u202e"
LONG_WORD = "x" * 200


def recorded(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"{name}.json").read_text())


def account(*way: int | None, discarded: int = 0) -> dict[str, Any]:
    """``way``: generated, accepted, sent, received and stored."""
    generated, accepted, sent, received, stored = way
    known = {value for value in way if value is not None}
    counted = {
        "generated": generated,
        "accepted": accepted,
        "refused": 0,
        "queued": 0,
        "sent": sent,
        "received": received,
    }
    rows = [{"stage": name, "label": f"{name} spans", "spans": value} for name, value in counted.items()]
    return {
        **counted,
        "discarded": {"rate_limited": discarded} if discarded else {},
        "discarded_total": discarded,
        "stored": stored,
        "balanced": False if len(known) > 1 else None if None in way else True,
        "notes": [],
        "rows": [*rows, {"stage": "stored", "label": "stored spans", "spans": stored}],
    }


def generator(spans: int = SPANS, failed: int = 0) -> dict[str, Any]:
    return {
        "run_id": RUN_ID,
        "traces_sent": TRACES,
        "spans_sent": spans,
        "spans_failed": failed,
        "dropped_iterations": 0,
        "seconds": 10.231,
    }


def latency(middle: float, amount: int = 120) -> dict[str, Any]:
    """Values that rise slowly and then steeply, as latencies do."""
    values = [middle * math.exp(0.35 * math.tan((i + 0.5 - amount / 2) / amount * 2.4)) for i in range(amount)]
    return {"p50": values[amount // 2], "p95": values[int(amount * 0.95)], "max": values[-1], "samples": values}


def probe(**more: Any) -> dict[str, Any]:
    none_wrong = {"lost": 0, "duplicated": 0, "altered": 0, "traces": 120}
    return {"by_id": latency(0.12), "by_search": latency(5.4), **none_wrong, **more}


def components() -> list[dict[str, str]]:
    named = {"Alloy": "grafana/alloy:v1.9.1", "Tempo": "grafana/tempo:2.8.0", "Grafana": "grafana/grafana:12.0.1"}
    return [
        {"name": name, "version": image.split(":")[1], "image": f"docker.io/{image}", "status": "Running"}
        for name, image in named.items()
    ]


def success(**more: Any) -> dict[str, Any]:
    return {
        "title": "Trace pipeline verification",
        "check": recorded("check_success"),
        "account": account(SPANS, SPANS, SPANS, SPANS, SPANS),
        "diagnosis": {"stage": "none", "message": "No loss of spans is seen at any stage.", "fix": "", "evidence": []},
        "generator": generator(),
        "demands": {"services": ["frontend", "cart"], "edges": ["frontend -> cart"]},
        "components": components(),
        "traces": [],
        "generated_at": "2026-11-23T02:00:00Z",
        **more,
    }


def failure(stage: str = "alloy_to_tempo", **more: Any) -> dict[str, Any]:
    """A run whose spans all stop at one stage."""
    check = recorded("check_failure")
    passed = STAGES.index(stage)
    sent = 0 if stage == "generator" else SPANS
    way = [sent, *(SPANS if passed >= reached else 0 for reached in (2, 3, 4)), 0]
    check["unmet"] = [f"0 of at least {TRACES} traces found", f"0 of at least {max(sent, 1)} spans found"]
    check["diagnosis"] = {
        "stage": stage,
        "message": f"Spans stopped at {stage}.",
        "fix": "Check the exporter's endpoint in Alloy's configuration (gRPC: tempo:4317 without a path).",
        "evidence": [f"The generator reports {sent} spans.", "Search finds 0 spans."],
    }
    given = account(*way, discarded=SPANS if stage == "tempo_discarded" else 0)
    return success(check=check, account=given, diagnosis=None, generator=generator(sent), demands=None, **more)


def hostile() -> dict[str, Any]:
    """Markup, control characters and half characters wherever text can come in."""
    params = failure(title=HOSTILE)
    check = params["check"]
    trace = copy.deepcopy(recorded("check_success")["sample_trace"])
    for position, span in enumerate(trace["spans"]):
        span.update(service=f"{HOSTILE}{position}", name=LONG_WORD, status="error", status_message=HOSTILE)
    check["sample_trace"] = trace
    check["services"] = [HOSTILE, "\ud800"]
    check["edges"] = [f"{HOSTILE} -> other"]
    check["trace_ids"] = [HOSTILE]
    check.update(query=HOSTILE, notes=[HOSTILE], tempo_version=HOSTILE, unmet=[HOSTILE])
    check["diagnosis"].update(message=HOSTILE, fix=HOSTILE, evidence=[HOSTILE])
    params["account"]["rows"][0]["label"] = HOSTILE
    params["generator"]["run_id"] = LONG_WORD
    params["components"] = [dict.fromkeys(("name", "version", "image", "status"), HOSTILE)]
    return params
