"""Two small services in one program: `shop` takes orders, and asks `stock`, which keeps a database.

Nothing here makes a span by hand, and each line of the log carries the id of its trace. `opentelemetry-instrument` sees
the calls between the services (urllib) and those to the database (sqlite3). The server is the one of the standard
library, so it takes one line; of Flask, Django or FastAPI `opentelemetry-instrument` sees the requests too.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

from opentelemetry import trace
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

SERVICE = os.environ.get("SERVICE", "shop")
PORT = int(os.environ.get("PORT", "8080"))
HOST = os.environ.get("HOST", "")
STOCK_URL = os.environ.get("STOCK_URL", "http://stock:8080")
DATABASE = os.environ.get("DATABASE", "/tmp/stock.db")

Answer = tuple[int, dict[str, Any]]
LOG = logging.getLogger(SERVICE)


def order(item: str) -> Answer:
    """The shop's part: an order is taken when the stock has one."""
    request = urllib.request.Request(f"{STOCK_URL}/{item}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            LOG.info("%s ordered", item)
            return 200, {"ordered": item, "left": json.load(answer)["left"]}
    except urllib.error.HTTPError as error:
        LOG.warning("%s can't be ordered", item)
        return error.code, {"ordered": None, "reason": json.load(error)["reason"]}


def take(item: str) -> Answer:
    """The stock's part: one less, where there is one."""
    with sqlite3.connect(DATABASE) as database:
        cursor = database.cursor()
        cursor.execute("UPDATE stock SET pieces = pieces - 1 WHERE item = ? AND pieces > 0", (item,))
        taken = cursor.rowcount
        cursor.execute("SELECT pieces FROM stock WHERE item = ?", (item,))
        row = cursor.fetchone()
    LOG.info("%s taken", item) if taken else LOG.warning("no %s left", item)
    return (200, {"left": row[0]}) if taken else (409, {"reason": f"no {item} in stock"})


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Every path is the name of an item. The answer tells the id of its trace, so that it can be found."""
    status, body = (order if SERVICE == "shop" else take)(environ["PATH_INFO"].strip("/"))
    context = trace.get_current_span().get_span_context()
    body["trace_id"] = trace.format_trace_id(context.trace_id)
    start_response(f"{status} {'OK' if status == 200 else 'Conflict'}", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def fill() -> None:
    with sqlite3.connect(DATABASE) as database:
        database.execute("CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, pieces INTEGER)")
        database.execute("INSERT OR REPLACE INTO stock VALUES ('book', 1000)")


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    if SERVICE == "stock":
        fill()
    with make_server(HOST, PORT, OpenTelemetryMiddleware(application), server_class=Server) as server:
        server.serve_forever()
