"""What each kind of machine decides: no other than this one is at hand, so every decision is a function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed import __main__ as command
from testbed import existing, inventory, lock, machine, mode, paths, pins, tools
from testbed.errors import UsageError
from testbed.machine import Machine
from testbed.shell import Result

pytestmark = pytest.mark.case("F14")
SILENT = Result(1, "", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
REFUSED = Result(1, "", "permission denied while trying to connect to the Docker daemon socket")
ABSENT = Result(127, "", "docker: not found")
SYSTEMS = ("Darwin", "Linux", "WSL")


@pytest.mark.parametrize(
    ("system", "release", "expected"),
    [
        ("Linux", "6.8.0-generic", "Linux"),
        ("Linux", "5.15.153.1-microsoft-standard-WSL2", "WSL"),
        ("Darwin", "24.1.0", "Darwin"),
    ],
)
def test_systems_are_told_apart(system: str, release: str, expected: str) -> None:
    assert machine.name(system, release) == expected


@pytest.mark.parametrize(
    ("system", "asked", "said"),
    [
        ("Darwin", SILENT, "Docker does not answer: start Docker Desktop (`open -a Docker`)"),
        ("Darwin", REFUSED, "Docker does not answer: start Docker Desktop"),
        ("Darwin", ABSENT, "no `docker` on the PATH: install Docker Desktop"),
        ("WSL", SILENT, "switch on its WSL integration"),
        ("WSL", ABSENT, "install Docker Desktop on Windows"),
        ("Linux", SILENT, "start Docker Engine (`systemctl start docker`)"),
        ("Linux", REFUSED, "Docker refuses this user: have your user added to the group `docker`"),
        ("Linux", ABSENT, "install Docker Engine"),
        ("FreeBSD", SILENT, "start Docker Engine"),
    ],
)
def test_a_docker_that_does_not_answer_is_told_as_it_is_started_here(system: str, asked: Result, said: str) -> None:
    text = machine.docker_help(Machine(system, root=False), asked)
    assert said in text
    assert "CONTEXT=" in text
    # `rootless` is the way without it.
    assert "root" not in text.replace("rootless", "")
    assert "sudo" not in text


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("asked", [SILENT, REFUSED, ABSENT])
def test_no_docker_and_no_right_to_build_one_ends_in_that_message(system: str, asked: Result) -> None:
    here = Machine(system, root=False)
    with pytest.raises(UsageError) as caught:
        mode.decide("", "", here, lambda: asked, lambda: True)
    assert str(caught.value) == machine.docker_help(here, asked)


@pytest.mark.parametrize("here", [Machine("Darwin", root=True), Machine("Linux", root=False)])
@pytest.mark.parametrize(("requested", "recorded"), [("source", ""), ("", "source")])
def test_source_mode_is_refused_where_it_cannot_work(here: Machine, requested: str, recorded: str) -> None:
    with pytest.raises(UsageError, match="needs Linux and root"):
        mode.decide(requested, recorded, here, lambda: SILENT, lambda: True)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_docker_that_answers_is_enough_for_every_user(system: str) -> None:
    assert mode.decide("", "", Machine(system, root=False), lambda: Result(0, "", ""), lambda: True).name == "pull"


def test_a_registry_out_of_reach_is_told_to_who_cannot_build() -> None:
    with pytest.raises(UsageError, match=r"no answer from the image registry.*proxy.*CONTEXT="):
        mode.decide("", "", Machine("Darwin", root=False), lambda: Result(0, "", ""), lambda: False)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("kind v0.33.0 go1.26.8 darwin/arm64", (0, 33, 0)),
        ("v3.19.0+g3d8990f", (3, 19, 0)),
        ("v4.0.0+g99cd196", (4, 0, 0)),
        ("error: unknown flag", ()),
    ],
)
def test_versions_are_read(text: str, version: tools.Version) -> None:
    assert tools.version_in(text) == version


@pytest.mark.parametrize(
    ("name", "version"), [("kind", (0, 27, 0)), ("kind", (0, 33, 0)), ("helm", (3, 13, 0)), ("helm", (4, 0, 0))]
)
def test_what_fits_is_taken_from_the_path_and_go_is_not_asked_for(name: str, version: tools.Version) -> None:
    found = tools.Found(Path("/opt/bin") / name, version)
    assert tools.decide(name, found, cached=True, go=True)[0] == tools.PATH
    assert tools.decide(name, found, cached=False, go=False)[0] == tools.PATH


@pytest.mark.parametrize(
    ("name", "version", "shown"),
    [
        ("kind", (0, 26, 9), "0.26.9"),
        ("kind", (1, 0, 0), "1.0.0"),
        ("helm", (3, 12, 9), "3.12.9"),
        ("helm", (), "no version"),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_needed(name: str, version: tools.Version, shown: str) -> None:
    found = tools.Found(Path("/opt/bin") / name, version)
    outcomes = {
        "cache": tools.decide(name, found, cached=True, go=True),
        "build": tools.decide(name, found, cached=False, go=True),
        "": tools.decide(name, found, cached=False, go=False),
    }
    for where, (decided, why) in outcomes.items():
        assert decided == where
        assert f"{name}: found {shown} at /opt/bin/{name}, needed {tools.NEEDS[name]}" in why
    assert tools.NEEDS[name].install in outcomes[""][1]


def program(folder: Path, name: str, prints: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {prints}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, and one folder on the PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("TESTBED", "TESTBED_HELM", "CHARTS_DIR", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("STATE", "KUBECONFIG", "MODE_FILE", "INVENTORY"):
        monkeypatch.setattr(paths, name, tmp_path / "state" / getattr(paths, name).name)
    monkeypatch.setattr(existing, "FILE", tmp_path / "state" / "existing.json")
    monkeypatch.setattr(existing, "COPY", tmp_path / "state" / "existing.kubeconfig")
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def test_programs_of_the_path_are_found_and_asked(bare: Path) -> None:
    kind = program(bare / "bin", "kind", "kind v0.30.0 go1.24.6 linux/amd64")
    helm = program(bare / "bin", "helm", "v3.19.0+g3d8990f")
    choices = tools.choose(["kind", "helm"], pins.load())
    assert {name: where for name, (where, _why) in choices.items()} == {"kind": tools.PATH, "helm": tools.PATH}
    assert (tools.locate("kind", pins.load(), source=False), tools.locate("helm", pins.load(), source=False)) == (
        kind,
        helm,
    )
    # Source mode has pins for all it runs.
    assert tools.locate("helm", pins.load(), source=True).is_relative_to(bare / "cache")


def test_all_that_is_missing_is_told_in_one_message(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin", "helm", "v2.17.0+gabc")
    monkeypatch.setattr(tools.shutil, "which", lambda name: str(bare / "bin/helm") if name == "helm" else None)
    with pytest.raises(UsageError, match=r"kind: none on the PATH, needed 0\.27 or newer.*helm: found 2\.17\.0 at"):
        tools.choose(["kind", "helm"], pins.load())


def test_another_helm_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_HELM", "/opt/helm-4/helm")
    assert tools.locate("helm", pins.load(), source=True) == Path("/opt/helm-4/helm")
    assert (tools.wanted(), tools.pinned_helm(pins.load())) == (["kind"], [])


@pytest.mark.parametrize("source", [False, True])
def test_another_pinned_helm_is_taken_by_its_name_and_built_where_it_is_missing(
    bare: Path, monkeypatch: pytest.MonkeyPatch, source: bool
) -> None:
    monkeypatch.setenv("TESTBED_HELM", "helm-4")
    found = tools.locate("helm", pins.load(), source=source)
    assert found.is_relative_to(bare / "cache") and found.name == "helm-4"
    assert (tools.wanted(), tools.pinned_helm(pins.load())) == (["kind"], ["helm-4"])


def test_a_context_is_the_one_asked_for_or_the_current_one() -> None:
    known = ["docker-desktop", "minikube"]
    assert existing.choose("minikube", known, "docker-desktop", "/k") == "minikube"
    assert existing.choose("", known, "docker-desktop", "/k") == "docker-desktop"
    with pytest.raises(UsageError, match="CONTEXT=kind is not in /k; its contexts are: docker-desktop, minikube"):
        existing.choose("kind", known, "docker-desktop", "/k")
    with pytest.raises(UsageError, match="no current context"):
        existing.choose("", known, "", "/k")


def test_contexts_of_several_files_are_known_and_the_first_current_one_counts() -> None:
    first = {"contexts": [{"name": "b"}], "current-context": ""}
    second = {"contexts": [{"name": "a"}], "current-context": "a"}
    assert existing.contexts([first, {}, second]) == (["a", "b"], "a")
    assert existing.contexts([{}]) == ([], "")


def test_the_kubeconfig_is_the_one_of_kubectl() -> None:
    assert existing.kubeconfig({"KUBECONFIG": "/a:/b"}, Path("/home/me")) == "/a:/b"
    assert existing.kubeconfig({"KUBECONFIG": ""}, Path("/home/me")) == "/home/me/.kube/config"


def run(*words: str) -> None:
    arguments = command.parser().parse_args(words)
    arguments.function(arguments)


@pytest.fixture
def desktop(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose kubeconfig has Docker Desktop's cluster, and whose Docker must not be asked for anything."""
    program(bare / "bin", "helm", "v3.19.0+g3d8990f")
    program(bare / "bin", "docker", "asked >&2; exit 99")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "docker-desktop", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "users": [{"name": "docker-desktop", "user": {"token": "none"}}],
        "contexts": [{"name": "docker-desktop", "context": {"cluster": "docker-desktop", "user": "docker-desktop"}}],
    }
    (bare / "config").write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(bare / "config"))

    def never(*_: object) -> bool:
        raise AssertionError("the cluster of somebody else was deleted")

    monkeypatch.setattr(command.cluster, "delete", never)
    return bare


def test_a_cluster_that_is_there_is_used_and_left(desktop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("use", "--context", "docker-desktop")
    written = paths.INVENTORY.read_text(encoding="utf-8")
    assert f'k8s_tracing_kubeconfig: "{desktop / "config"}"' in written
    assert 'k8s_tracing_kube_context: "docker-desktop"' in written
    assert f'k8s_tracing_helm_binary: "{desktop / "bin/helm"}"' in written
    # As upstream's charts and images are, unless TESTBED=source asks for the stand-ins.
    assert "chart" not in written
    assert not paths.MODE_FILE.exists()
    run("status")
    run("down")
    said = capsys.readouterr().out
    assert "context docker-desktop of" in said
    assert "context docker-desktop is not the test bed's: nothing was deleted" in said


def test_down_with_a_context_leaves_every_cluster(desktop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("down", "--context", "minikube")
    assert "context minikube is not the test bed's" in capsys.readouterr().out


def test_a_context_that_is_not_there_writes_nothing(desktop: Path) -> None:
    with pytest.raises(UsageError, match="CONTEXT=minikube is not in"):
        run("use", "--context", "minikube")
    assert not (desktop / "state").exists()


def test_scenarios_get_a_kubeconfig_of_one_context(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin", "kubectl", "kubeconfig of $2 in $KUBECONFIG")
    there = existing.copied(existing.Existing("minikube", "/a:/b"))
    assert existing.COPY.read_text(encoding="utf-8") == "kubeconfig of minikube in /a:/b\n"
    assert existing.COPY.stat().st_mode & 0o777 == 0o600
    assert there.variables() == {"k8s_tracing_kubeconfig": str(existing.COPY)}
    existing.forget()
    assert not existing.COPY.exists()


def test_the_stand_in_charts_go_to_a_cluster_that_is_there_on_request(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED", "source")
    there = existing.Existing("docker-desktop", str(desktop / "config"))
    existing.record(there)
    assert existing.recorded() == there
    written = inventory.write(pins.load()).read_text(encoding="utf-8")
    assert "tempo_chart_ref" in written
    assert 'k8s_tracing_kube_context: "docker-desktop"' in written
