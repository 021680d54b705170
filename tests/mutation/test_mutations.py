"""Seeded mistakes: each of mutations.yml is made in a copy of the checkout, where the test that it names must fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from checkout import ROOT, copy_checkout

TESTS_FAILED = 1  # what pytest returns then; an error in collecting them is 2, and none found is 5


@dataclass(frozen=True)
class Mistake:
    """``before`` stands ``count`` times in ``file``. ``needs``: a program of the test bed."""

    mistake: str
    file: str
    before: str
    after: str
    caught_by: str
    count: int = 1
    needs: str = ""


MISTAKES = [Mistake(**one) for one in yaml.safe_load(Path(__file__).with_name("mutations.yml").read_text())]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("mistakes") / "checkout")


@pytest.fixture
def made(copy: Path, mistake: Mistake) -> Iterator[None]:
    file = copy / mistake.file
    right = file.read_text()
    assert right.count(mistake.before) == mistake.count, f"{mistake.file} has changed: mend mutations.yml"
    file.write_text(right.replace(mistake.before, mistake.after))
    yield
    file.write_text(right)


def outcome(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--no-header", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=900)


def skip_without(need: str) -> None:
    command = [sys.executable, "-m", "testbed", "path", need]
    if need and subprocess.run(command, cwd=ROOT, capture_output=True).returncode:
        pytest.skip(f"{need} is not in the cache: run `python3 -m testbed programs {need}`")


def test_without_a_mistake_they_pass(copy: Path) -> None:
    """Else a test that always fails would catch every mistake."""
    done = outcome(copy, *sorted({mistake.caught_by for mistake in MISTAKES}))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.mistake)
def test_a_mistake_is_caught(copy: Path, mistake: Mistake, made: None) -> None:
    skip_without(mistake.needs)
    done = outcome(copy, mistake.caught_by)
    assert done.returncode == TESTS_FAILED, done.stdout + done.stderr
    assert f"FAILED {mistake.caught_by}" in done.stdout
