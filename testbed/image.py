"""What an image is to us, and what all of them hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.archive import Config, Entry
from testbed.shell import run

PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
PASSWD = b"""root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
grafana:x:472:0:grafana:/home/grafana:/sbin/nologin
alloy:x:473:473:alloy:/home/alloy:/sbin/nologin
tempo:x:10001:10001:tempo:/var/tempo:/sbin/nologin
k6:x:12345:12345:k6:/home/k6:/sbin/nologin
versitygw:x:1000:1000:versitygw:/data:/sbin/nologin
"""


@dataclass(frozen=True)
class Image:
    """One image to write."""

    name: str
    config: Config
    entries: Callable[[], list[Entry]]
    # The pinned program in it, if it holds one.
    program: str = ""


def base(tree: Path) -> list[Entry]:
    """What every image has: users, CA certificates, name resolution order, /tmp."""
    return [
        Entry("/etc/passwd", content=PASSWD, mode=0o644),
        Entry("/etc/group", content=b"root:x:0:\nnogroup:x:65534:\n", mode=0o644),
        Entry("/etc/nsswitch.conf", content=b"hosts: files dns\n", mode=0o644),
        Entry(
            "/etc/ssl/certs/ca-certificates.crt",
            source=tree / "etc/ssl/certs/ca-certificates.crt",
            mode=0o644,
        ),
        Entry("/tmp", mode=0o1777),
    ]


def libraries(programs: Sequence[str | Path], chroot: Path | None = None) -> set[str]:
    """The shared libraries that some programs (or libraries) load."""
    prefix = ["chroot", str(chroot)] if chroot else []
    return set(re.findall(r"(/\S+) \(0x", run([*prefix, "ldd", *programs])))


def resolve(tree: Path, path: str) -> Path:
    """A file of a root filesystem, its links followed inside that root."""
    name = run(["chroot", tree, "readlink", "-f", path]).strip()
    return tree / name.lstrip("/")
