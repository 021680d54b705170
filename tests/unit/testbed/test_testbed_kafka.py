"""Kafka's image: what is fetched for it is what is pinned, and it stays out of the node."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from testbed import export, images, kafka, node, pins
from testbed.errors import TestbedError, UsageError
from testbed.programs import checksums, sha256

LISTED = checksums(kafka.JARS.read_text(encoding="utf-8"))


def test_every_jar_is_pinned_with_its_hash_and_the_broker_is_of_the_version_of_its_image() -> None:
    assert all(re.fullmatch("[0-9a-f]{64}", digest) and name.endswith(".jar") for name, digest in LISTED.items())
    assert {f"kafka_2.13-{kafka.VERSION}.jar", f"slf4j-simple-{kafka.LOGGING_VERSION}.jar"} <= set(LISTED)
    assert kafka.IMAGE.endswith(f":{kafka.VERSION}")


def test_it_is_found_by_its_name_and_in_no_node() -> None:
    tree = Path("/no/tree")
    assert export.find(pins.load(), tree, "apache/kafka:4.1.0").config.user == "1000:1000"
    on_demand = [image.name for image in images.on_demand(pins.load(), tree)]
    assert kafka.IMAGE not in on_demand
    assert "kafka.py" not in node.INGREDIENTS


@pytest.mark.parametrize("change", ["none", "missing", "other", "differs"])
def test_only_the_listed_jars_are_taken(tmp_path: Path, change: str) -> None:
    for name in ("a.jar", "b.jar"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    wanted = {name: sha256(tmp_path / name) for name in ("a.jar", "b.jar")}
    if change == "none":
        kafka.check(tmp_path, wanted)
        return
    if change == "missing":
        (tmp_path / "b.jar").unlink()
    elif change == "other":
        del wanted["b.jar"]
    else:
        (tmp_path / "b.jar").write_text("changed", encoding="utf-8")
    with pytest.raises(TestbedError, match=r"not those of kafka_jars\.txt: b\.jar; not used"):
        kafka.check(tmp_path, wanted)


def test_what_was_fetched_is_cached_only_when_it_is_what_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/mvn")

    def maven(words: list[Any]) -> str:
        folder = Path(words[4]).parent / "libs"
        folder.mkdir()
        (folder / "stranger.jar").touch()
        return ""

    monkeypatch.setattr(kafka, "run", maven)
    with pytest.raises(TestbedError, match="not used"):
        kafka.jars()
    assert not (tmp_path / "k8s-tracing/jars").exists()
    monkeypatch.setattr(kafka, "check", lambda _folder, _wanted: None)
    assert [path.name for path in kafka.jars().iterdir()] == ["stranger.jar"]
    monkeypatch.setattr(kafka, "run", lambda _words: pytest.fail("fetched twice"))
    assert kafka.jars().is_dir()


def test_without_maven_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(UsageError, match="install Maven"):
        kafka.jars()
