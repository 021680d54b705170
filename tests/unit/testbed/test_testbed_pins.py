"""The pins: complete, consistent, and refused when they cannot work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed import images, node, pins
from testbed.errors import TestbedError, UsageError

HEAD = '[debian]\nsuite = "s"\n[wire]\nmodule_version = "v1"\ntools_version = "v2"\n'


def test_every_program_of_the_node_is_pinned() -> None:
    loaded = pins.load()
    assert set(node.PROGRAMS) <= set(loaded.programs)
    assert set(images.COMPONENTS) | {"kind", "helm"} <= set(loaded.programs)


def test_kubernetes_and_what_it_is_built_from_are_of_one_version() -> None:
    loaded = pins.load()
    found = [pin for pin in loaded.programs.values() if pin.module == "k8s.io/kubernetes" and not pin.by_name]
    assert {(pin.module_version, pin.staging_version) for pin in found} == {
        (loaded.kubernetes, loaded.kubernetes.replace("v1.", "v0."))
    }
    assert {pin.version for pin in found} == {loaded.kubernetes.removeprefix("v")}
    assert "-X k8s.io/component-base/version.gitMinor=34" in loaded.pin("kubelet").ldflags


def test_a_newer_api_server_is_named_after_its_version() -> None:
    newer = {name: pin for name, pin in pins.load().programs.items() if pin.by_name}
    assert len(newer) == 4
    for name, pin in newer.items():
        assert name == f"{pin.package.rpartition('/')[2]}-{pin.version.rpartition('.')[0]}"
        assert pin.staging_version == pin.module_version.replace("v1.", "v0.")
        assert int(pin.version.split(".")[1]) > 34


def test_a_module_has_one_version_and_one_hash_but_for_the_tempo_to_upgrade_to() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for pin in pins.load().programs.values():
        if pin.by_name:
            continue
        found.setdefault(pin.module, set()).add((pin.module_version, pin.sum))
    assert {module for module, pairs in found.items() if len(pairs) > 1} == {"github.com/grafana/tempo"}


def test_prometheus_is_known_by_the_version_that_its_module_stands_for() -> None:
    pin = pins.load().pin("prometheus")
    major, minor, patch = pin.version.split(".")
    assert pin.module_version == f"v0.{major}{minor}.{patch}"


def test_programs_of_one_module_share_what_is_said_of_it() -> None:
    shared = '[module.m]\nmodule = "m"\nmodule_version = "v1.2.3"\nsum = "h1:x"\nldflags = ["-X v={version}-{minor}"]\n'
    loaded = pins.parse(
        f'{HEAD}{shared}[program.a]\nof = "m"\npackage = "m/a"\n[program.b]\nof = "m"\nversion = "9.8"\n'
    )
    assert (loaded.pin("a").version, loaded.pin("a").package, loaded.pin("a").ldflags) == (
        "1.2.3",
        "m/a",
        ("-X v=1.2.3-2",),
    )
    assert (loaded.pin("b").version, loaded.pin("b").sum) == ("9.8", "h1:x")


def test_the_node_depends_on_what_is_in_it_and_on_no_other_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    now, loaded = node.tag(), pins.load()

    def tag_with(name: str) -> str:
        other = replace(loaded.pin(name), sum="h1:other")
        monkeypatch.setattr(node.pins, "load", lambda: replace(loaded, programs={**loaded.programs, name: other}))
        return node.tag()

    assert tag_with("helm") == tag_with("actionlint") == now
    assert len({now, tag_with("kind"), tag_with("prometheus"), tag_with("kubelet")}) == 4


def test_versions_unknown_to_the_checksum_database_have_a_hash() -> None:
    loaded = pins.load()
    unknown = {pin.name for pin in loaded.programs.values() if not pin.sumdb}
    assert unknown == {"tempo", "tempo-next", "tempo-vulture", "grafana"}
    assert all(loaded.pin(name).sum.startswith("h1:") for name in unknown)


def test_unknown_program_names_the_input_and_the_choices() -> None:
    with pytest.raises(UsageError, match=r"'helmm'.*helm"):
        pins.load().pin("helmm")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('version = "1"\nhow = "magic"', "magic"),
        ('version = "1"\nmodule = "m"\nmodule_version = "v1"', "needs module"),
        ('version = "1"\nhow = "c"\ncolour = "red"', "colour"),
        ('of = "nothing"', r"of = 'nothing' is none of"),
    ],
)
def test_a_pin_that_cannot_work_is_refused(table: str, message: str) -> None:
    with pytest.raises(TestbedError, match=message):
        pins.parse(f"{HEAD}[program.x]\n{table}\n")


def test_wrapper_module_repeats_what_a_main_module_alone_may_say() -> None:
    from testbed.gobuild import wrapper_go_mod

    upstream = {
        "Go": "1.24.0",
        "Replace": [
            {"Old": {"Path": "a.b/c"}, "New": {"Path": "d.e/f", "Version": "v1.2.3"}},
            {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
            {"Old": {"Path": "a.b/local"}, "New": {"Path": "./local"}},
            {"Old": {"Path": "a.b/old", "Version": "v1.0.0"}, "New": {"Path": "a.b/new", "Version": "v1.0.1"}},
        ],
        "Exclude": [{"Path": "bad.one/x", "Version": "v0.1.0"}],
    }
    lines = wrapper_go_mod(pins.load().pin("kubeadm"), upstream).splitlines()
    assert "go 1.24.0" in lines
    assert "require k8s.io/kubernetes v1.34.4" in lines
    assert "replace a.b/c => d.e/f v1.2.3" in lines
    assert "replace k8s.io/api => k8s.io/api v0.34.4" in lines
    assert "replace a.b/old v1.0.0 => a.b/new v1.0.1" in lines
    assert "exclude bad.one/x v0.1.0" in lines
    assert not any("local" in line for line in lines)
