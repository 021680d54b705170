# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository of charts over HTTP on loopback, as users have those of upstream."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from loopback import required
from openpgp import Key


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Not into the test's output."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def publish(folder: Path, chart: Path, key: Key | None = None) -> None:
    """One chart into the repository, signed where there is a key, and the index anew."""
    signing = ["--sign", "--key", key.name, "--keyring", str(key.secret_ring())] if key else []
    helm("package", str(chart), "--destination", str(folder), *signing)
    helm("repo", "index", str(folder))


def helm(*arguments: str) -> None:
    subprocess.run([required("helm"), *arguments], check=True, capture_output=True, timeout=120)
