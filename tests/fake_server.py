# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP(S) server on loopback for all tests that play another's server. What it answers is a function."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request. ``target`` is the path with its query, as it was sent; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    # On the monotonic clock, which all processes of this machine share.
    at: float = field(default_factory=time.monotonic)

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True)
class Answer:
    """An answer as HTTP has it. The length of the body is added, and the date unless it is given."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


# Bytes as they go over the wire, from the status line on, and pauses between them in seconds. Then the connection ends.
Wire = Iterable[bytes | float]
Play = Callable[[Asked], Answer | Wire]


class FakeServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, play: Play, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.play = play
        self.tls = tls
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: clients go away, and some tests are about that."""


@contextmanager
def serving(play: Play, tls: ssl.SSLContext | None = None) -> Iterator[FakeServer]:
    server = FakeServer(play, tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        # Here and not at the listener, where one slow client would hold all others.
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what was asked."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        played = self.server.play(Asked(self.command, self.path, headers, body))
        if isinstance(played, Answer):
            self._send(played)
        else:
            self.close_connection = True
            self._send_raw(played)

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        known = {name.lower() for name in answer.headers}
        if "date" not in known:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in known:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _send_raw(self, wire: Wire) -> None:
        for part in wire:
            if isinstance(part, bytes):
                self.wfile.write(part)
            elif self.server.ending.wait(part) or not self._client_is_there():
                return

    def _client_is_there(self) -> bool:
        """Nobody need go on sending to one who left. Under TLS only writing tells."""
        if self.server.tls:
            return True
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.connection.setblocking(True)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer
