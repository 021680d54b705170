"""The images: what is in the bed, under which names, and how one leaves it as an archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import __main__ as command
from testbed import export, images, lock, pins, programs
from testbed.errors import UsageError

PINS = pins.load()
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


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("docker.io/library/registry:2", "docker.io/library/registry:2"),
        ("registry:2", "docker.io/library/registry:2"),
        ("versity/versitygw:v1.8.0", "docker.io/versity/versitygw:v1.8.0"),
        ("quay.io/prometheus/prometheus:v3.13.2", "quay.io/prometheus/prometheus:v3.13.2"),
    ],
)
def test_an_image_is_found_by_the_names_that_engines_take(asked: str, found: str) -> None:
    assert export.find(PINS, TREE, asked).name == found


@pytest.mark.parametrize("name", ["registry", "registry:3", "quay.io/library/registry:2", ""])
def test_an_unknown_image_names_the_input_and_the_choices(name: str) -> None:
    with pytest.raises(UsageError, match=rf"unknown image '{name}'; known are: docker\.io/grafana/alloy:"):
        export.find(PINS, TREE, name)


def test_a_file_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    export.check_target(tmp_path / "image.tar")
    with pytest.raises(UsageError, match="is a folder"):
        export.check_target(tmp_path)
    with pytest.raises(UsageError, match="absent is no folder"):
        export.check_target(tmp_path / "absent" / "image.tar")


@pytest.mark.parametrize("image", images.components(PINS, TREE), ids=lambda image: image.name)
def test_no_image_of_a_component_runs_as_a_user_that_has_no_name(image: images.Image) -> None:
    known = {line.split(":")[2] for line in images.PASSWD.decode().splitlines()}
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
    cache_with(tmp_path, monkeypatch, "tempo", "helm")
    arguments = command.parser().parse_args(["programs", "tempo", "helm"])
    with lock.only_run():
        arguments.function(arguments)
        arguments = command.parser().parse_args(["programs", "tempo", "k6"])
        with pytest.raises(UsageError, match="another run"):
            arguments.function(arguments)
    paths = [str(programs.cached_path(PINS.pin(name))) for name in ("tempo", "helm")]
    assert capsys.readouterr().out.split() == paths
