"""The node image of source mode: Debian, kind's own files, Kubernetes, and every image inside."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from testbed import archive, debian_images, images, paths, pins, rootfs
from testbed.errors import TestbedError
from testbed.gobuild import module_folder
from testbed.pins import Pins
from testbed.programs import cached_path
from testbed.shell import attempt, run

REPOSITORY = "k8s-tracing/node"
# What the node runs itself, apart from the images.
NODE_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
PROGRAMS = [*NODE_PROGRAMS, *images.CONTROL_PLANE, *images.COMPONENTS]
STORAGE_MANIFEST = "deploy/local-path-storage.yaml"
INGREDIENTS = (
    "archive.py", "debian_images.py", "image.py", "images.py", "node.py", "rootfs.py", "wheels.py",
)  # fmt: skip
FOREIGN = ("__init__.py", "runc_bounded.py")


def tag() -> str:
    """The image's name: it depends on all that the image is made with, and on no other pin."""
    pinned = pins.load()
    inside = [pinned.suite, *(pinned.pin(name) for name in (*PROGRAMS, "kind"))]
    digest = hashlib.sha256(repr(inside).encode())
    sources = [Path(__file__).with_name(name) for name in INGREDIENTS]
    for path in [*sources, *sorted(_own_files())]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:12]}"


def _own_files() -> list[Path]:
    return [path for path in paths.FILES.iterdir() if path.is_file() and path.name not in FOREIGN]


def identity() -> str:
    """Docker's id of the image, empty when it is not there."""
    result = attempt(["docker", "image", "inspect", tag(), "--format", "{{.Id}}"])
    return result.out.strip() if result.code == 0 else ""


def exists() -> bool:
    """Whether Docker has the image."""
    return bool(identity())


def storage_manifest(text: str) -> str:
    """The provisioner's own manifest, with its class as the default one that kind calls `standard`."""
    replacements = {
        "kind: StorageClass\nmetadata:\n  name: local-path\n": (
            "kind: StorageClass\nmetadata:\n  name: standard\n  annotations:\n"
            '    storageclass.kubernetes.io/is-default-class: "true"\n'
        ),
        "image: busybox\n": f"image: {debian_images.BUSYBOX_IMAGE}\n",
    }
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise TestbedError(f"the storage provisioner's manifest changed: {old.strip()!r} is not there once")
        text = text.replace(old, new)
    return text


def containerd_config(text: str, pause: str) -> str:
    """kind's configuration of containerd, for this Kubernetes and for a cut bounding set."""
    replacements = {
        'sandbox_image = "registry.k8s.io/pause:3.10"': f'sandbox_image = "{pause}"',
        # A sandbox dies at once when its OOM score cannot be lowered.
        "restrict_oom_score_adj = false": "restrict_oom_score_adj = true",
    }
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise TestbedError(f"kind's containerd configuration changed: {old!r} is not there once")
        text = text.replace(old, new)
    return text


def _add_kind_files(pins: Pins, tree: Path, names: dict[str, str]) -> None:
    """kind's base files come from its module: they fit the kind program that will use them."""
    source = module_folder(pins.pin("kind")) / "images/base/files"
    for path in sorted(source.rglob("*")):
        if not path.is_file():
            continue
        relative = path.relative_to(source)
        target = tree / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        executable = relative.parts[:2] in (("kind", "bin"), ("usr", "local"))
        target.chmod(0o755 if executable else 0o644)
    config = tree / "etc/containerd/config.toml"
    config.write_text(containerd_config(config.read_text(encoding="utf-8"), names["pause"]), encoding="utf-8")


def _add_own_files(pins: Pins, tree: Path, names: dict[str, str]) -> None:
    """Our network, our CoreDNS, the storage class, and the node's programs."""
    manifests = tree / "kind/manifests"
    manifests.mkdir(parents=True)
    storage = module_folder(pins.pin("local-path-provisioner")) / STORAGE_MANIFEST
    coredns = (paths.FILES / "coredns.yaml").read_text(encoding="utf-8").replace("COREDNS_IMAGE", names["coredns"])
    both = coredns + "---\n" + storage_manifest(storage.read_text(encoding="utf-8"))
    (manifests / "default-storage.yaml").write_text(both, encoding="utf-8")
    (tree / "kind/version").write_text(pins.kubernetes, encoding="utf-8")
    (tree / "etc/cni/net.d").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(paths.FILES / "10-bridge.conflist", tree / "etc/cni/net.d/10-bridge.conflist")
    shutil.copyfile(paths.FILES / "close-dns.service", tree / "etc/systemd/system/close-dns.service")
    for name in NODE_PROGRAMS:
        shutil.copyfile(cached_path(pins.pin(name)), tree / "usr/bin" / name)
        (tree / "usr/bin" / name).chmod(0o755)


def _write_images(pins: Pins, tree: Path, names: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate([*images.control_plane(pins, tree, names), *images.components(pins, tree)]):
        archive.write_image(folder / f"{number:02}.tar", image.name, image.config, image.entries())


def _prepare(tree: Path) -> str:
    """Finish the tree from inside, and fill containerd's store; in silent namespaces of its own."""
    script = tree / "kind/prepare_node.sh"
    shutil.copyfile(paths.FILES / script.name, script)
    inside = ["/bin/sh", f"/kind/{script.name}", "/kind/archives"]
    said = run(["unshare", "-m", "-n", "-p", "-f", "--propagation", "private", "chroot", tree, *inside])
    script.unlink()
    shutil.rmtree(tree / "kind/archives")
    return said


def _import(tree: Path) -> None:
    """Hand the tree to Docker as an image of one layer."""
    changes = ["ENV container=docker", 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]']
    options = [word for change in changes for word in ("--change", change)]
    pack = ["tar", "-C", str(tree), "--numeric-owner", "-c", "."]
    with subprocess.Popen(pack, stdout=subprocess.PIPE) as packing:
        result = subprocess.run(
            ["docker", "import", *options, "-", tag()],
            stdin=packing.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode != 0 or packing.returncode != 0:
        raise TestbedError(f"docker import failed: {result.stderr.strip() or 'the tree could not be read'}")


def build(pins: Pins) -> None:
    """Make the node image; Docker names it only when it is complete."""
    names = images.control_plane_names(cached_path(pins.pin("kubeadm")), pins.kubernetes)
    with paths.scratch("node") as folder:
        tree = folder / "tree"
        rootfs.unpack(pins.suite, tree)
        _add_kind_files(pins, tree, names)
        _add_own_files(pins, tree, names)
        _write_images(pins, tree, names, tree / "kind/archives")
        _prepare(tree)
        _import(tree)


def remove(keep: str = "") -> list[str]:
    """Remove our node images, all but one if asked; returns those removed."""
    listed = run(["docker", "image", "ls", REPOSITORY, "--format", "{{.Repository}}:{{.Tag}}"]).split()
    gone = [name for name in listed if name != keep]
    for name in gone:
        attempt(["docker", "image", "rm", name])
    return gone
