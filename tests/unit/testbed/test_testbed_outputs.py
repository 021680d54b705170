"""What the test cluster writes: the inventory, images, and the engine's configuration."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from testbed import archive, host, inventory, paths, pins, programs, rootfs, shell
from testbed.errors import TestbedError
from testbed.files import runc_bounded


def rendered(source: bool, charts: Path = Path("/charts")) -> dict[str, str]:
    loaded = pins.load()
    helm = programs.cached_path(loaded.pin("helm"))
    text = inventory.render(inventory.variables(loaded, source=source, charts=charts, helm=helm))
    values = yaml.safe_load(text)["all"]["hosts"]["localhost"]
    assert isinstance(values, dict)
    return values


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "k8s-tracing"


def test_source_inventory_names_charts_and_true_versions() -> None:
    values = rendered(source=True)
    assert values["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert values["k8s_tracing_kubeconfig"] == str(paths.KUBECONFIG)
    assert values["k8s_tracing_helm_binary"] == str(programs.cached_path(pins.load().pin("helm")))
    own = pins.load()
    tags = {
        "tempo": own.pin("tempo").version,
        "prometheus": f"v{own.pin('prometheus').version}",
        "grafana": own.pin("grafana").version,
        "alloy": f"v{own.pin('alloy').version}",
        "tempo_vulture": own.pin("tempo-vulture").version,
    }
    for role, tag in tags.items():
        assert values[f"{role}_chart_ref"] == f"/charts/{role.replace('_', '-')}"
        assert values[f"{role}_chart_repo_url"] == values[f"{role}_chart_version"] == ""
        assert values[f"{role}_image_tag"] == tag
    assert values["k6_trace_generator_engine"] == "otlp-http"
    assert values["k6_trace_generator_image_tag"] == own.pin("k6").version


def test_load_in_the_test_bed_ends_by_itself() -> None:
    assert rendered(source=True)["k6_trace_generator_duration"] == "10m"
    assert rendered(source=False)["k6_trace_generator_duration"] == "10m"


def test_pull_inventory_overrides_nothing() -> None:
    assert not [name for name in rendered(source=False) if "chart" in name or "image" in name or "engine" in name]


def test_alloy_is_named_once_it_is_there() -> None:
    assert "alloy_binary" not in rendered(source=False)
    binary = programs.cached_path(pins.load().pin("alloy"))
    binary.parent.mkdir(parents=True)
    binary.touch()
    assert rendered(source=False)["alloy_binary"] == str(binary)


def test_charts_dir_overrides_the_charts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CHARTS_DIR", raising=False)
    assert inventory.charts_folder() == paths.ROOT / "testbed/charts"
    monkeypatch.setenv("CHARTS_DIR", str(tmp_path))
    assert inventory.charts_folder() == tmp_path


def test_an_odd_path_stays_one_string() -> None:
    odd = Path('/a: b/#"c"')
    assert rendered(source=True, charts=odd)["tempo_chart_ref"] == str(odd / "tempo")


def test_an_image_holds_what_was_asked(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"binary")
    entries = [
        archive.Entry("/usr/bin/p", source=program),
        archive.Entry("/data", uid=7),
        archive.Entry("/p", link="usr/bin/p"),
    ]
    archive.write_image(tmp_path / "i.tar", "docker.io/a/b:1", archive.Config(entrypoint=["p"], user="7"), entries)
    with tarfile.open(tmp_path / "i.tar") as image:
        (manifest,) = json.load(image.extractfile("manifest.json"))  # type: ignore[arg-type]
        config = json.load(image.extractfile(manifest["Config"]))  # type: ignore[arg-type]
        with tarfile.open(fileobj=image.extractfile(manifest["Layers"][0])) as layer:
            members = {member.name: member for member in layer.getmembers()}
    assert manifest["RepoTags"] == ["docker.io/a/b:1"]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + manifest["Layers"][0].removesuffix(".tar")]
    assert (config["config"]["Entrypoint"], config["config"]["User"]) == (["p"], "7")
    assert set(members) == {"usr", "usr/bin", "usr/bin/p", "data", "p"}
    assert (members["data"].uid, members["usr/bin/p"].size, members["p"].linkname) == (7, 6, "usr/bin/p")


def test_the_same_image_is_written_the_same(tmp_path: Path) -> None:
    hashes = [archive.write_layer(tmp_path / n, [archive.Entry("/a/b", content=b"x")]) for n in ("one", "two")]
    assert hashes[0] == hashes[1]


def test_the_engine_keeps_its_own_settings() -> None:
    own = {"data-root": "/big", "runtimes": {"other": {"path": "/o"}}}
    merged = host.daemon_config(own, Path("/r"))
    assert merged["data-root"] == "/big"
    assert merged["default-runtime"] == "runc-bounded"
    assert merged["runtimes"] == {"other": {"path": "/o"}, "runc-bounded": {"path": "/r"}}
    assert host.daemon_config(own, None) == own
    assert "runc-bounded" not in own["runtimes"]


def test_the_runtime_drops_only_what_cannot_be_had() -> None:
    full = (1 << len(runc_bounded.NAMES)) - 1
    assert runc_bounded.missing_capabilities(full) == set()
    missing = runc_bounded.missing_capabilities(full & ~(1 << 24))
    assert missing == {"CAP_SYS_RESOURCE"}
    process = {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "ambient": None}}
    runc_bounded.without(process, missing)
    assert process["capabilities"] == {"bounding": ["CAP_CHOWN"], "ambient": []}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "sources.list",
            "# deb http://no.example/x y\ndeb [signed-by=/k] http://mirror.example/debian bookworm main\n",
        ),
        (
            "sources.list.d/debian.sources",
            "Types: deb\n# URIs: http://no.example\nURIs: http://mirror.example/debian\n",
        ),
    ],
)
def test_the_mirror_is_the_machines_own(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert rootfs.mirror(tmp_path) == "http://mirror.example/debian"


def test_no_mirror_is_said(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="no Debian mirror"):
        rootfs.mirror(tmp_path)


def test_a_failing_program_is_named_with_what_it_said() -> None:
    with pytest.raises(TestbedError, match=r"exit 3\): sh -c[\s\S]*broken"):
        shell.run(["sh", "-c", "echo broken >&2; exit 3"])
    assert shell.attempt(["no-such-program-here"]).code == 127
    assert shell.attempt(["sleep", "5"], timeout=0.1).code == 124


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "kubeconfig"
    paths.write_atomically(target, "one", 0o600)
    paths.write_atomically(target, "two", 0o600)
    assert target.read_text(encoding="utf-8") == "two"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(target.parent.iterdir()) == [target]
