"""The images of the cluster: what is in each, under the names that its users ask for.

They hold a program and next to nothing else, and carry the program's true version as tag. The
users they run as are those of the upstream images, so that the charts' settings hold.
"""

from __future__ import annotations

from pathlib import Path

from testbed.archive import Config, Entry
from testbed.debian_images import busybox, python, registry
from testbed.errors import TestbedError
from testbed.gobuild import module_folder
from testbed.image import PATH, Image, base, libraries, resolve
from testbed.pins import Pins
from testbed.programs import cached_path
from testbed.shell import run

# Which of our programs is which of the images that kubeadm names, by the name's last part.
CONTROL_PLANE = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd", "coredns", "pause",
)  # fmt: skip
COMPONENTS = ("tempo", "alloy", "prometheus", "grafana", "k6", "local-path-provisioner")


def program_image(pins: Pins, tree: Path, name: str, at: str, program: str, **config: object) -> Image:
    """An image of one static program."""
    extra: list[Entry] = config.pop("extra", [])  # type: ignore[assignment]
    entrypoint = config.pop("entrypoint", [at])
    settings = Config(entrypoint=entrypoint, env=PATH, **config)  # type: ignore[arg-type]
    binary = Entry(at, source=cached_path(pins.pin(program)))
    return Image(name, settings, lambda: [*base(tree), binary, *extra], program)


def control_plane_names(kubeadm: Path, version: str) -> dict[str, str]:
    """The image names that kubeadm asks for, by the program in them."""
    lines = run([kubeadm, "config", "images", "list", f"--kubernetes-version={version}"]).split()
    names = {line.rsplit(":", 1)[0].rsplit("/", 1)[-1]: line for line in lines}
    missing = set(CONTROL_PLANE) - set(names)
    if missing:
        raise TestbedError(f"kubeadm names no image for: {', '.join(sorted(missing))}")
    return names


def control_plane(pins: Pins, tree: Path, names: dict[str, str]) -> list[Image]:
    """The images of the control plane."""
    images = [
        program_image(pins, tree, names[name], f"/usr/local/bin/{name}", name)
        for name in CONTROL_PLANE
        if name != "kube-proxy"
    ]
    return [*images, kube_proxy(pins, tree, names["kube-proxy"])]


def kube_proxy(pins: Pins, tree: Path, name: str) -> Image:
    """kube-proxy with iptables, conntrack, and every library that any of their parts loads.

    Each match and target of iptables is a library of its own with needs of its own: one that
    is missing leaves a cluster that looks healthy and in which no Service works.
    """

    def entries() -> list[Entry]:
        programs = ["/usr/sbin/xtables-nft-multi", "/usr/sbin/conntrack", "/usr/sbin/nft", "/bin/sh"]
        folder = tree / "usr/lib/x86_64-linux-gnu/xtables"
        plugins = [f"/{path.relative_to(tree)}" for path in sorted(folder.glob("*.so"))]
        files = {*programs, *plugins} | libraries([*programs, *plugins], tree)
        # An absolute link inside the tree would lead out of it: follow links by hand.
        found = [Entry(path, source=resolve(tree, path)) for path in sorted(files)]
        links = [
            Entry(f"/usr/sbin/{family}{suffix}", link="xtables-nft-multi")
            for family in ("iptables", "ip6tables")
            for suffix in ("", "-save", "-restore")
        ]
        program = Entry("/usr/local/bin/kube-proxy", source=cached_path(pins.pin("kube-proxy")))
        return [*base(tree), *found, *links, program, Entry("/run")]

    return Image(name, Config(entrypoint=["/usr/local/bin/kube-proxy"], env=PATH), entries)


def components(pins: Pins, tree: Path) -> list[Image]:
    """The images of what the collection installs, and of the storage provisioner."""

    def version(name: str) -> str:
        return pins.pin(name).version

    return [
        tempo(pins, tree, "tempo"),
        program_image(
            pins, tree, f"docker.io/grafana/alloy:v{version('alloy')}", "/bin/alloy", "alloy",
            command=["run", "/etc/alloy/config.alloy", "--storage.path=/var/lib/alloy/data"],
            extra=[Entry("/var/lib/alloy/data", uid=473), Entry("/home/alloy", uid=473)],
        ),
        program_image(
            pins, tree, f"quay.io/prometheus/prometheus:v{version('prometheus')}", "/bin/prometheus", "prometheus",
            user="65534", workdir="/prometheus",
            command=["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
            extra=[Entry("/prometheus", uid=65534)],
        ),
        program_image(
            pins, tree, f"docker.io/grafana/k6:{version('k6')}", "/usr/bin/k6", "k6",
            user="12345", workdir="/home/k6", extra=[Entry("/home/k6", uid=12345)],
        ),
        program_image(
            pins, tree,
            f"docker.io/rancher/local-path-provisioner:v{version('local-path-provisioner')}",
            "/usr/bin/local-path-provisioner", "local-path-provisioner",
        ),
        grafana(pins, tree),
        registry(tree),
        python(tree),
        busybox(tree),
    ]  # fmt: skip


def on_demand(pins: Pins, tree: Path) -> list[Image]:
    """Images that no node has: a scenario that wants one has it built, and loads it."""
    return [
        tempo(pins, tree, "tempo-next"),
        program_image(
            pins, tree, f"docker.io/grafana/tempo-vulture:{pins.pin('tempo-vulture').version}", "/tempo-vulture",
            "tempo-vulture", user="10001:10001",
        ),
        program_image(
            pins, tree, f"docker.io/versity/versitygw:v{pins.pin('versitygw').version}", "/usr/local/bin/versitygw",
            "versitygw", user="1000:1000", extra=[Entry("/data", uid=1000)],
        ),
    ]  # fmt: skip


def tempo(pins: Pins, tree: Path, program: str) -> Image:
    """Tempo of one version: what is installed, or what it is upgraded to."""
    return program_image(
        pins, tree, f"docker.io/grafana/tempo:{pins.pin(program).version}", "/tempo", program,
        user="10001:10001", extra=[Entry("/var/tempo", uid=10001)],
    )  # fmt: skip


def grafana(pins: Pins, tree: Path) -> Image:
    """Grafana's server without its web front end (which no package registry has)."""
    home = "/usr/share/grafana"
    env = {
        "PATH": f"{home}/bin:{PATH['PATH']}",
        "GF_PATHS_CONFIG": "/etc/grafana/grafana.ini",
        "GF_PATHS_DATA": "/var/lib/grafana",
        "GF_PATHS_HOME": home,
        "GF_PATHS_LOGS": "/var/log/grafana",
        "GF_PATHS_PLUGINS": "/var/lib/grafana/plugins",
        "GF_PATHS_PROVISIONING": "/etc/grafana/provisioning",
        # It would look for newer versions outside.
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
    }

    def entries() -> list[Entry]:
        pin = pins.pin("grafana")
        program, module = cached_path(pin), module_folder(pin)
        loaded = [Entry(path, source=Path(path).resolve()) for path in sorted(libraries([program]))]
        folders = ["plugins", "dashboards"]
        return [
            *base(tree),
            *loaded,
            Entry(f"{home}/bin/grafana", source=program),
            *(Entry(f"{home}/{path}", source=module / path, mode=0o644) for path in grafana_files(module)),
            *(
                Entry(f"/etc/grafana/provisioning/{name}")
                for name in ("datasources", "alerting", "notifiers", *folders)
            ),
            Entry("/etc/grafana/grafana.ini", source=module / "conf/sample.ini", mode=0o644),
            Entry("/var/lib/grafana", uid=472),
            Entry("/var/lib/grafana/plugins", uid=472),
            Entry("/var/log/grafana", uid=472),
        ]

    entrypoint = ["grafana", "server", f"--homepath={home}", "--config=/etc/grafana/grafana.ini"]
    return Image(
        f"docker.io/grafana/grafana:{pins.pin('grafana').version}",
        Config(entrypoint=entrypoint, user="472", workdir=home, env=env),
        entries,
        "grafana",
    )


def grafana_files(module: Path) -> list[str]:
    """The files of the source tree that the server reads."""
    patterns = [f"{folder}/**/*" for folder in ("conf", "public/views", "public/emails", "public/dashboards")]
    patterns.append("public/app/plugins/**/plugin.json")
    found = {path for pattern in patterns for path in module.glob(pattern) if path.is_file()}
    return sorted(str(path.relative_to(module)) for path in found)
