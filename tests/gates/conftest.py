"""The artifact that Galaxy would get, and the same installed in an empty folder. Built once for all tests here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., str]


def environment(collections: Path) -> dict[str, str]:
    """This Python's tools, that folder's collections, and nothing of the checkout or of the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # Where the package `ansible` has kubernetes.core is looked through in any case.
    return {**kept, "PATH": tools, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_FORCE_COLOR": "0"}


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(folder), str(ROOT)]
    subprocess.run(command, env=environment(folder), cwd=folder, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def collections(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with the artifact and nothing else."""
    folder = tmp_path_factory.mktemp("collections")
    command = ["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", str(folder), str(artifact)]
    subprocess.run(command, env=environment(folder), cwd=folder, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def installed(collections: Path) -> Path:
    return collections / "ansible_collections" / "tracelab" / "k8s_tracing"


@pytest.fixture(scope="session")
def run(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command where there is nothing but the installed artifact, and gives what it prints."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def call(*command: str, **more: str) -> str:
        variables = {**environment(collections), **more}
        done = subprocess.run(command, env=variables, cwd=elsewhere, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call
