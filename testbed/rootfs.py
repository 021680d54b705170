"""The node's root filesystem: Debian packages, unpacked once and cached as an archive."""

from __future__ import annotations

import hashlib
from pathlib import Path

from testbed import paths
from testbed.errors import TestbedError
from testbed.shell import run

PACKAGES = (
    "systemd,dbus,containerd,runc,conntrack,iptables,nftables,iproute2,ethtool,mount,kmod,socat,e2fsprogs,"
    "ca-certificates,curl,jq,procps,util-linux,containernetworking-plugins,libseccomp2,busybox-static,"
    "docker-registry,python3"
)
SOURCES = Path("/etc/apt")


def mirror(folder: Path = SOURCES) -> str:
    """The Debian mirror that this machine's own package sources name."""
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] == ["URIs:"] and len(words) > 1:
                return words[1]
            if words[:1] == ["deb"]:
                return next(word for word in words[1:] if "://" in word)
    raise TestbedError(f"no Debian mirror in {folder}: the node's root filesystem is made from Debian packages")


def key(suite: str) -> str:
    """What the archive depends on."""
    return hashlib.sha256(f"{suite} {PACKAGES}".encode()).hexdigest()[:12]


def archive(suite: str) -> Path:
    """Where the archive lies."""
    return paths.cache() / "rootfs" / f"{suite}-{key(suite)}.tar.zst"


def ensure(suite: str) -> str:
    """Make the archive unless it is there; returns what was done."""
    target = archive(suite)
    if target.is_file():
        return "cached"
    with paths.scratch("rootfs") as folder:
        tree = folder / "tree"
        # A mount namespace of its own: an interrupt cannot leave a mount behind in the tree.
        run(["unshare", "-m", "debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, tree, mirror()])
        packed = folder / "rootfs.tar.zst"
        excludes = ["--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./dev/*", "--exclude=./var/cache/apt/*"]
        excludes += ["--exclude=./var/lib/apt/lists/*", "--exclude=./usr/share/doc/*", "--exclude=./usr/share/man/*"]
        run(["tar", "-C", tree, "--numeric-owner", *excludes, "-I", "zstd -3 -T0", "-cf", packed, "."])
        target.parent.mkdir(parents=True, exist_ok=True)
        packed.replace(target)
    return "made"


def unpack(suite: str, folder: Path) -> None:
    """Unpack the archive into an empty folder."""
    folder.mkdir(parents=True)
    run(["tar", "-C", folder, "--numeric-owner", "-I", "zstd -d", "-xpf", archive(suite)])
