"""A Tempo whose search lies: it hands every question on to the real one, and answers each search with no traces."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

TEMPO = os.environ["TEMPO_URL"]
DIRECT = build_opener(ProxyHandler({}))


class LyingSearch(BaseHTTPRequestHandler):
    """An error of Tempo, such as 404, is an answer too."""

    def do_GET(self) -> None:
        if self.path.startswith("/api/search?"):
            self.reply(200, "application/json", b'{"traces": []}')
            return
        names = ("Accept", "X-Scope-OrgID")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        try:
            found = DIRECT.open(Request(TEMPO + self.path, headers=headers), timeout=30)
        except HTTPError as error:
            found = error
        with found:
            self.reply(found.status, found.headers.get("Content-Type", "text/plain"), found.read())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "3200"))), LyingSearch).serve_forever()
