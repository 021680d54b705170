# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential plugins that a kubeconfig names (``exec``), as the Kubernetes client runs them, but bounded."""

from __future__ import annotations

import os
import selectors
import subprocess
from types import SimpleNamespace
from typing import Any

# A credential with a certificate and its key has some 10 kB.
MAX_OUTPUT_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class BoundedPlugin(subprocess.Popen[str]):
    """A process of which ``MAX_OUTPUT_BYTES`` are read from each pipe at most. The client itself reads all there is."""

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[str, str]:
        """The texts of both pipes; ``ValueError`` where there is more. The client gives neither argument."""
        pipes = [pipe for pipe in (self.stdout, self.stderr) if pipe]
        found = {pipe: bytearray() for pipe in pipes}
        with selectors.DefaultSelector() as ready:
            for pipe in pipes:
                ready.register(pipe, selectors.EVENT_READ)
            while ready.get_map():
                for key, _events in ready.select():
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    found[key.fileobj] += chunk  # type: ignore[index]  # what was registered
                    if not chunk:
                        ready.unregister(key.fileobj)
                    if len(found[key.fileobj]) > MAX_OUTPUT_BYTES:  # type: ignore[index]
                        self.kill()
                        raise ValueError(f"exec: the process printed more than {MAX_OUTPUT_BYTES // 1024} KiB")
        out, error = (found[pipe].decode("utf-8", "replace") if pipe else "" for pipe in (self.stdout, self.stderr))
        return out, error


def bound_plugins() -> None:
    """Let the Kubernetes client of this process start its plugins as ``BoundedPlugin``."""
    from kubernetes.config import exec_provider

    provider: Any = exec_provider
    provider.subprocess = SimpleNamespace(Popen=BoundedPlugin, PIPE=subprocess.PIPE)
