"""The pins: complete, consistent, and refused when they cannot work."""

from __future__ import annotations

import pytest

from testbed import images, node, pins
from testbed.errors import TestbedError, UsageError

HEAD = 'kubernetes = "v1"\n[debian]\nsuite = "s"\n[wire]\nmodule_version = "v1"\ntools_version = "v2"\n'


def test_every_program_of_the_node_is_pinned() -> None:
    loaded = pins.load()
    assert set(node.PROGRAMS) <= set(loaded.programs)
    assert set(images.COMPONENTS) | {"kind", "helm"} <= set(loaded.programs)


def test_kubernetes_programs_share_one_version() -> None:
    loaded = pins.load()
    found = {pin.module_version for pin in loaded.programs.values() if pin.module == "k8s.io/kubernetes"}
    assert found == {loaded.kubernetes}
    assert loaded.pin("kubeadm").version == loaded.kubernetes.lstrip("v")


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
