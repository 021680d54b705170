# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python for modules that starts quickly and is measured: what ``ansible_python_interpreter`` names in these tests.

Each module runs in a process of its own, with the code that Ansible sends. Only the standard library and Ansible's own
``module_utils`` are loaded beforehand, and what was compiled once is kept: else most of the processor time of hundreds
of cases would go into starting. The cost of each process is written as a line of JSON.
"""

from __future__ import annotations

import atexit
import importlib
import json
import marshal
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
import types
import zipimport
from hashlib import sha256
from pathlib import Path

# What modules load first; nothing of this collection.
LOADED = (
    "ansible.module_utils.basic",
    "ansible.module_utils.common.arg_spec",
    "ansible.module_utils.urls",
    "base64",
    "dataclasses",
    "email.utils",
    "gzip",
    "http.client",
    "tarfile",
    "urllib.request",
    "yaml",
)
# A module that takes more than this is ended, so that the machine stays usable.
MOST_BYTES = 3 * 1024**3
MOST_SECONDS = 90
# The program that is run in place of Python: it hands what it was given to the server and ends as the module did.
CLIENT = """\
#!{python} -IS
import json, os, socket
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [json.dumps(dict(os.environ)).encode()], [0, 1, 2])
os._exit((server.recv(1) or b"\\x01")[0])
"""


def main(folder: Path) -> None:
    address = folder / "python.socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen(128)
    for name in LOADED:
        importlib.import_module(name)
    keep_compiled(folder / "compiled")
    client = folder / "python.new"
    client.write_text(CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
    client.chmod(0o755)
    client.rename(folder / "python")  # its being there says that all is ready
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(connection, folder)
            os._exit(0)
        connection.close()


def serve(connection: socket.socket, folder: Path) -> None:
    """One module: run it, write what it took, tell how it ended."""
    sent, handles, _flags, _address = socket.recv_fds(connection, 1 << 20, 3)
    environment = json.loads(sent)
    began = time.monotonic()
    module = os.fork()
    if module == 0:
        connection.close()
        run(environment, handles)
    os.waitid(os.P_PID, module, os.WEXITED | os.WNOWAIT)
    waited = int(Path(f"/proc/{module}/schedstat").read_text("ascii").split()[1]) / 1e9
    _module, status, used = os.wait4(module, 0)
    row = {
        "case": environment.get("HOSTILE_CASE"),
        "began": began,
        "ended": time.monotonic(),
        # How long it was kept from running by others on this machine.
        "waited": waited,
        "processor": used.ru_utime + used.ru_stime,
        "bytes": used.ru_maxrss * 1024,
        "status": os.waitstatus_to_exitcode(status),
    }
    with (folder / "used.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    connection.send(bytes([row["status"] & 255]))


def run(environment: dict[str, str], handles: list[int]) -> None:
    """The program on standard input, as ``python -`` runs it. Does not come back."""
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(environment)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.alarm(MOST_SECONDS)
    code = 1
    try:
        # A module's first look at its standard streams is at these.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.argv = ["-"]
        main_module = types.ModuleType("__main__")
        sys.modules["__main__"] = main_module
        exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), main_module.__dict__)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        # As Python ends: a thread that goes on holds the process, and what was left for the end is done.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def keep_compiled(folder: Path) -> None:
    """Have ``zipimport`` compile a source once: Ansible sends each module with sources alone."""
    folder.mkdir()
    compile_source = zipimport._compile_source  # type: ignore[attr-defined]

    def kept(path: str, source: bytes) -> types.CodeType:
        inner = path.partition(".zip/")[2]
        file = folder / sha256(inner.encode() + source).hexdigest()
        if file.exists():
            return marshal.loads(file.read_bytes())
        code = compile_source(path, source)
        part = folder / f"{file.name}.{os.getpid()}"
        part.write_bytes(marshal.dumps(code))
        part.rename(file)
        return code

    zipimport._compile_source = kept  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
