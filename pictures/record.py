"""`python -m pictures.record OUTPUT BOARD ...`: records what the pictures show, from the test bed's stack.

OUTPUT is what `verify` printed there. Kept are its end, its report, and the answers of Prometheus to the queries of
panels; and nothing that tells where they are from.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.bed import Api, Bed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RECORDED, BOARDS = HERE / "recorded", ROOT / "examples" / "dashboards"
STEP, SPAN = 15, 1500
# What Grafana makes of a scrape every 15 s. Variables have their default, which is all values.
VARIABLES = {"$__rate_interval": "60s", "$__range": f"{SPAN}s"}
VARIABLES |= {f"${name}": ".*" for name in ("namespace", "tenant", "service", "run")}
# Labels that name a pod or an address.
PLACES = ("instance", "pod", "node")


def queries(board: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """The title of the panel, the expression, and whether its newest value is all that the panel shows."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == "prometheus":
                yield panel["title"], target["expr"], target["instant"]


def compact(series: Mapping[str, Any], start: int) -> dict[str, Any]:
    """A series with its values at every step; where it has none stands null."""
    labels = {name: value for name, value in series["metric"].items() if name not in PLACES and name[:2] != "__"}
    if "value" in series:
        return {"labels": labels, "value": rounded(series["value"][1])}
    found = {int(moment): rounded(value) for moment, value in series["values"]}
    return {"labels": labels, "values": [found.get(start + at) for at in range(0, SPAN + 1, STEP)]}


def rounded(value: str) -> float | None:
    """As many digits as a picture shows. What is no number is null, since JSON has no name for it."""
    number = float(f"{float(value):.5g}")
    return number if abs(number) < float("inf") else None


def record(api: Api, prometheus: str, board: Mapping[str, Any], end: int) -> dict[str, Any]:
    """The answers by query, so that none is taken for that of another query which a dashboard asks one day."""
    start = end - SPAN
    found: dict[str, Any] = {"start": start, "end": end, "step": STEP, "now": {}, "over_time": {}}
    for panel, expression, newest in queries(board):
        text = expression
        for name, value in VARIABLES.items():
            text = text.replace(name, value)
        asked = {"query": text, **({"time": end} if newest else {"start": start, "end": end, "step": STEP})}
        answer = api.json(f"{prometheus}/api/v1/query{'' if newest else '_range'}?{urlencode(asked)}", timeout=30)
        series = [compact(one, start) for one in answer["data"]["result"]]
        if not series:
            raise SystemExit(f"'{panel}' of '{board['title']}' shows nothing: let the stack run for half an hour.")
        found["now" if newest else "over_time"][expression] = series
    return found


def ending(output: str) -> str:
    """From the trace that verify prints to what was proven."""
    start = output.index("TASK [tracelab.k8s_tracing.verify : Print one trace of the run]")
    end = output.index("\nTASK [", output.index("TASK [tracelab.k8s_tracing.verify : Print what was proven]"))
    return output[start:end].strip().replace(str(ROOT.parent), "~") + "\n"


def without_place(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a report is made of, without the address of the API server."""
    place = {name: value for name, value in report["place"].items() if name != "server"}
    return {**{name: value for name, value in report.items() if name != "verdict"}, "place": place}


def keep(name: str, data: Mapping[str, Any]) -> None:
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    (RECORDED / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    output, *boards = sys.argv[1:]
    (RECORDED / "verify.txt").write_text(ending(Path(output).read_text(encoding="utf-8")), encoding="utf-8")
    keep("report", without_place(json.loads((ROOT / "tracing-report" / "report.json").read_text(encoding="utf-8"))))
    namespace = os.environ.get("NAMESPACE", "tracing")
    prometheus = f"/api/v1/namespaces/{namespace}/services/prometheus-server:80/proxy"
    with Bed.read().api() as api:
        for name in boards:
            board = json.loads((BOARDS / f"{name}.json").read_text(encoding="utf-8"))
            keep(name, record(api, prometheus, board, int(time.time()) // STEP * STEP))


if __name__ == "__main__":
    main()
