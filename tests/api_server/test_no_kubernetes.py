# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig that leads to something else than a Kubernetes API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from api_server import ApiServer
from live_plays import Plays

LOGIN = b"<html><title>Log in</title></html>"
PAGES = {
    "nothing": (404, "text/plain", b"not here"),
    "login": (200, "text/html", LOGIN),
    "json": (200, "application/json", b'{"status": "ok"}'),
}
WHERE = [("tempo", "nothing"), ("tempo", "login"), ("tempo", "json"), ("status", "login"), ("verify", "nothing")]


@contextmanager
def site(status: int, content_type: str, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.case("A4")
@pytest.mark.parametrize(("what", "page"), WHERE)
def test_no_kubernetes_api_is_said_in_one_sentence(cluster: ApiServer, tmp_path: Path, what: str, page: str) -> None:
    plays = Plays(cluster, tmp_path)
    with site(*PAGES[page]) as url:
        config = cluster.write_kubeconfig(tmp_path / "config", cluster={"server": url})
        variables = {"k8s_tracing_kubeconfig": str(config)}
        outcome = plays.role(what, variables) if what == "tempo" else plays.playbook(what, variables)
    assert outcome.code != 0
    assert f"No Kubernetes API answers at {url}" in outcome.failures[-1]
    assert "default storage class" not in outcome.text and "lost 0" not in outcome.text
