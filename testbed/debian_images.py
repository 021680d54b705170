"""The images of programs that Debian has packaged: they are taken from the node's root filesystem."""

from __future__ import annotations

import os
from pathlib import Path

from testbed import wheels
from testbed.archive import Config, Entry
from testbed.image import PATH, Image, base, libraries, resolve
from testbed.shell import run

BUSYBOX_IMAGE = "docker.io/library/busybox:testbed"
# Debian's registry is of the line that upstream tags `2`. It listens on :5000 and keeps what it is given in a folder;
# REGISTRY_AUTH=htpasswd, REGISTRY_AUTH_HTPASSWD_REALM and REGISTRY_AUTH_HTPASSWD_PATH make it ask for a password.
REGISTRY_IMAGE = "docker.io/library/registry:2"
REGISTRY_PROGRAM = "/usr/bin/docker-registry"
REGISTRY_CONFIG = b"""version: 0.1
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
"""
# Not the image of that name that others make: Debian's Python, and OpenTelemetry beside it.
PYTHON_IMAGE = f"docker.io/library/python:{wheels.PYTHON}-slim-testbed"
PYTHON_PROGRAM = f"/usr/bin/python{wheels.PYTHON}"
# The wheels' own start scripts name the Python that unpacked them.
INSTRUMENT = b"""#!/usr/bin/python3
from opentelemetry.instrumentation.auto_instrumentation import run

run()
"""


def registry(tree: Path) -> Image:
    """An image registry: what a node pulls an image from that it does not have."""

    def entries() -> list[Entry]:
        needed = {REGISTRY_PROGRAM} | libraries([REGISTRY_PROGRAM], tree)
        return [
            *base(tree),
            *(Entry(path, source=resolve(tree, path)) for path in sorted(needed)),
            Entry("/etc/docker/registry/config.yml", content=REGISTRY_CONFIG, mode=0o644),
            Entry("/var/lib/registry", uid=65534),
        ]

    settings = Config([REGISTRY_PROGRAM, "serve"], ["/etc/docker/registry/config.yml"], user="65534:65534", env=PATH)
    return Image(REGISTRY_IMAGE, settings, entries)


def busybox(tree: Path) -> Image:
    """Debian's static busybox with its applets: the provisioner's helper, and for looking around."""

    def entries() -> list[Entry]:
        applets = run([tree / "bin/busybox", "--list"]).split()
        links = [Entry(f"/bin/{name}", link="busybox") for name in applets if name != "busybox"]
        program = Entry("/bin/busybox", source=tree / "bin/busybox")
        return [*base(tree), program, *links]

    return Image(BUSYBOX_IMAGE, Config(command=["sh"], env=PATH), entries)


def python(tree: Path) -> Image:
    """Python with OpenTelemetry, to run small traced services in: `opentelemetry-instrument python3 app.py`."""

    def entries() -> list[Entry]:
        standard = tree / f"usr/lib/python{wheels.PYTHON}"
        extensions = [f"/{path.relative_to(tree)}" for path in sorted((standard / "lib-dynload").glob("*.so"))]
        # What the wheels load and Python itself does not.
        names = ("libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "librt.so.1")
        needed = {PYTHON_PROGRAM, *(f"/lib/x86_64-linux-gnu/{name}" for name in names)}
        needed |= libraries([*sorted(needed), *extensions], tree)
        return [
            *base(tree),
            *(Entry(path, source=resolve(tree, path)) for path in sorted(needed)),
            Entry("/usr/bin/python3", link=Path(PYTHON_PROGRAM).name),
            *files(standard, f"/usr/lib/python{wheels.PYTHON}"),
            *files(wheels.ensure(), f"/usr/local/lib/python{wheels.PYTHON}/dist-packages"),
            Entry("/usr/local/bin/opentelemetry-instrument", content=INSTRUMENT),
            Entry("/app", uid=65534),
        ]

    env = {**PATH, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    settings = Config(command=["python3"], user="65534:65534", workdir="/app", env=env)
    return Image(PYTHON_IMAGE, settings, entries)


def files(folder: Path, at: str) -> list[Entry]:
    """The files of a folder of Python code; what is compiled is left out, for it carries times of its own."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("__pycache__", "bin")]
        for path in (Path(parent) / name for name in names):
            if path.is_file() and not path.is_symlink():
                found.append(Entry(f"{at}/{path.relative_to(folder)}", source=path, mode=0o644))
    return found
