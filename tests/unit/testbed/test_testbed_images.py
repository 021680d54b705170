"""The images: what is in the bed, under which names, and how one leaves it as an archive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from testbed import __main__ as command
from testbed import debian_images, export, images, lock, node, pins, programs, wheels
from testbed.errors import UsageError
from testbed.image import PASSWD, Image, libraries

PINS = pins.load()
PROMETHEUS = f"v{PINS.pin('prometheus').version}"
TREE = Path("/no/tree")


def test_every_component_is_in_one_image_and_every_name_is_there_once() -> None:
    made = images.components(PINS, TREE)
    assert sorted(image.program for image in made if image.program) == sorted(images.COMPONENTS)
    assert len({image.name for image in made}) == len(made)


def test_the_tempo_to_upgrade_to_is_a_newer_one_in_an_image_of_the_same_make() -> None:
    now, later = (PINS.pin(name) for name in ("tempo", "tempo-next"))
    assert [int(part) for part in later.version.split(".")] > [int(part) for part in now.version.split(".")]
    assert (later.module, later.package) == (now.module, now.package)
    before, after = (export.find(PINS, TREE, f"docker.io/grafana/tempo:{pin.version}") for pin in (now, later))
    assert (before.config, before.program, after.program) == (after.config, "tempo", "tempo-next")


def test_what_a_scenario_asks_for_is_in_no_node() -> None:
    wanted = {image.program for image in images.on_demand(PINS, TREE)}
    assert wanted == {"tempo-next", "tempo-vulture", "versitygw"} and not wanted & set(node.PROGRAMS)
    assert export.find(PINS, TREE, f"grafana/tempo-vulture:{PINS.pin('tempo-vulture').version}").config.entrypoint == [
        "/tempo-vulture"
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("docker.io/library/registry:2", "docker.io/library/registry:2"),
        ("registry:2", "docker.io/library/registry:2"),
        ("versity/versitygw:v1.8.0", "docker.io/versity/versitygw:v1.8.0"),
        (f"quay.io/prometheus/prometheus:{PROMETHEUS}", f"quay.io/prometheus/prometheus:{PROMETHEUS}"),
    ],
)
def test_an_image_is_found_by_the_names_that_engines_take(asked: str, found: str) -> None:
    assert export.find(PINS, TREE, asked).name == found


@pytest.mark.parametrize("name", ["registry", "registry:3", "quay.io/library/registry:2", ""])
def test_an_unknown_image_names_the_input_and_the_choices(name: str) -> None:
    with pytest.raises(UsageError, match=rf"unknown image '{name}'; known are: docker\.io/apache/kafka:"):
        export.find(PINS, TREE, name)


def test_a_file_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    export.check_target(tmp_path / "image.tar")
    with pytest.raises(UsageError, match="is a folder"):
        export.check_target(tmp_path)
    with pytest.raises(UsageError, match="absent is no folder"):
        export.check_target(tmp_path / "absent" / "image.tar")


@pytest.mark.parametrize("image", images.components(PINS, TREE), ids=lambda image: image.name)
def test_no_image_of_a_component_runs_as_a_user_that_has_no_name(image: Image) -> None:
    known = {line.split(":")[2] for line in PASSWD.decode().splitlines()}
    assert not image.config.user or image.config.user.split(":")[0] in known


def cache_with(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for name in names:
        path = programs.cached_path(PINS.pin(name))
        path.parent.mkdir(parents=True)
        path.touch()


def test_programs_that_are_there_wait_for_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    cache_with(tmp_path, monkeypatch, "tempo", "helm")
    arguments = command.parser().parse_args(["programs", "tempo", "helm"])
    with lock.only_run():
        arguments.function(arguments)
        arguments = command.parser().parse_args(["programs", "tempo", "k6"])
        with pytest.raises(UsageError, match="another run"):
            arguments.function(arguments)
    paths = [str(programs.cached_path(PINS.pin(name))) for name in ("tempo", "helm")]
    assert capsys.readouterr().out.split() == paths


def test_every_wheel_is_pinned_with_its_hash_and_no_other_is_taken() -> None:
    lines = [line for line in wheels.REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line[:1] not in ("#", "")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines), lines
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(wheels.command())


def test_the_libraries_of_several_programs_are_files_and_those_of_each() -> None:
    together = libraries(["/bin/sh", "/bin/tar"])
    assert together == libraries(["/bin/sh"]) | libraries(["/bin/tar"])
    assert together
    assert all(Path(path).is_file() for path in together), together


def test_wheels_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = []

    def pip(words: list[Any]) -> str:
        calls.append(words)
        words[-1].mkdir()
        return ""

    monkeypatch.setattr(wheels, "run", pip)
    assert wheels.ensure() == wheels.ensure() == wheels.folder()
    assert len(calls) == 1
    assert wheels.folder().is_dir()


def test_compiled_code_and_start_scripts_of_another_python_stay_out(tmp_path: Path) -> None:
    for name in ("pkg/code.py", "pkg/__pycache__/code.pyc", "bin/tool"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [entry.path for entry in debian_images.files(tmp_path, "/lib")] == ["/lib/pkg/code.py"]


def test_the_node_images_name_depends_on_all_that_its_images_are_made_with() -> None:
    modules = {path.name: path.read_text(encoding="utf-8") for path in pins.PINS_FILE.parent.glob("*.py")}
    missing = set(node.INGREDIENTS) - set(modules)
    assert not missing
    used = {f"{name}.py" for text in (modules[i] for i in ("images.py", "debian_images.py")) for name in imported(text)}
    # How programs are built and found, errors and the running of programs change nothing in an image.
    assert used - set(node.INGREDIENTS) == {"errors.py", "gobuild.py", "pins.py", "programs.py", "shell.py"}


def imported(text: str) -> set[str]:
    modules = set(re.findall(r"^from testbed\.(\w+) import", text, re.MULTILINE))
    listed = re.findall(r"^from testbed import (.+)$", text, re.MULTILINE)
    return modules | {name.strip() for names in listed for name in names.split(",")}
