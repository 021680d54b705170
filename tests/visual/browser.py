# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium whose every request ends at a server in this process.

Chromium asks its maker for things of its own at any time; those get nowhere and are not the page's. What the page asks
for is known from two sides: the browser's own record of its resources, and requests that name it as their origin.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "http://report.test"
TIMEOUT = 90
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# A window has a least width of about 500 pixels. A frame can be as narrow as a phone, and it can be measured.
WRAPPER = """<!DOCTYPE html><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<body style="margin:0"><iframe src="/report.html" style="border:0;width:WIDTHpx;height:HEIGHTpx"></iframe>
<script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, view = page.defaultView;
  const visible = (e) => e.getClientRects().length > 0;
  const over = [...page.body.querySelectorAll("*")].filter((e) => visible(e) && !e.closest("details:not([open])"))
    .filter((e) => e.getBoundingClientRect().right > WIDTH + 0.5 || e.getBoundingClientRect().left < -0.5)
    .map((e) => e.tagName + " " + (e.getAttribute("class") || "") + " " + e.textContent.slice(0, 40));
  const shown = (selector) => [...page.querySelectorAll(selector)].filter(visible);
  const sizes = shown("p,td,th,dt,dd,li,svg text,span").map((e) => parseFloat(view.getComputedStyle(e).fontSize));
  const lines = (e) => {
    const text = page.createRange();
    text.selectNodeContents(e);
    return text.getClientRects().length;
  };
  const boxes = (selector) => shown(selector).map((e) => e.getBoundingClientRect())
    .map((r) => ({left: r.left, top: r.top, right: r.right, bottom: r.bottom}));
  const measured = {
    width: page.documentElement.clientWidth,
    scroll: page.documentElement.scrollWidth,
    height: page.documentElement.scrollHeight,
    over,
    smallest: Math.min(...sizes),
    background: view.getComputedStyle(page.body).backgroundColor,
    bottom: page.body.getBoundingClientRect().bottom,
    headline: page.querySelector("h1") ? page.querySelector("h1").getBoundingClientRect().bottom : null,
    wide: shown(".wide").length, narrow: shown(".narrow").length,
    stations: boxes(".station"),
    lines: shown(".demands tbody th").map(lines),
    resources: view.performance.getEntriesByType("resource").map((e) => e.name),
    labels: boxes(".histogram svg .label").concat(boxes(".axis text")),
  };
  const out = document.createElement("pre");
  out.id = "measured";
  out.textContent = JSON.stringify(measured);
  document.body.append(out);
});
</script>"""


class Handler(BaseHTTPRequestHandler):
    """The only place that the browser can reach: it gives out the pages and notes what else they ask for."""

    pages: dict[str, str]
    outside: list[str]

    def do_GET(self) -> None:
        content = self.pages.get(self.path)
        if content is None:
            if self.headers.get("Referer", "").startswith(HOST):
                self.outside.append(self.path)
            self.send_error(404)
            return
        body = content.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.send_error(502)

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@contextmanager
def serving(html: str, width: int, height: int) -> Iterator[tuple[int, list[str]]]:
    """The port, and the requests to anywhere else."""
    wrapper = WRAPPER.replace("WIDTH", str(width)).replace("HEIGHT", str(height))
    pages = {f"{HOST}/report.html": html, f"{HOST}/frame.html": wrapper}
    outside: list[str] = []
    handler = type("Bound", (Handler,), {"pages": pages, "outside": outside})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], outside
    finally:
        server.shutdown()
        server.server_close()


class Browser:
    def __init__(self, program: str, folder: Path, flags: tuple[str, ...] = ()) -> None:
        self._program = program
        self._folder = folder
        self._flags = flags
        self._runs = 0

    def measure(self, html: str, width: int, dark: bool = False) -> tuple[dict[str, Any], list[str]]:
        """What the page looks like at a width, and what it asked for elsewhere."""
        with serving(html, width, 900) as (port, outside):
            dom = self._run(port, width, 900, dark, "--dump-dom")
        found = re.search(r'<pre id="measured">(.*?)</pre>', dom, re.DOTALL)
        assert found, f"the page was not measured: {dom[-500:]}"
        measured = json.loads(unescape(found.group(1)))
        return measured, sorted({*outside, *measured["resources"]})

    def screenshot(self, html: str, width: int, height: int, dark: bool, target: Path) -> Path:
        with serving(html, width, height) as (port, _outside):
            self._run(port, width, height, dark, f"--screenshot={target}")
        return target

    def _run(self, port: int, width: int, height: int, dark: bool, action: str) -> str:
        self._runs += 1
        profile = self._folder / f"profile-{self._runs}"
        command = [
            self._program,
            *FLAGS,
            *self._flags,
            f"--user-data-dir={profile}",
            f"--proxy-server=http://127.0.0.1:{port}",
            "--proxy-bypass-list=<-loopback>",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--window-size={max(width, 500)},{height}",
            action,
            f"{HOST}/frame.html",
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and the filtered pixels of a PNG."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return width, height, zlib.decompress(data)
