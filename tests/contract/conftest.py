"""Where the contract files are, and a clear reason when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def contracts(root: Path) -> Path:
    folder = Path(os.environ.get("TRACING_CONTRACTS") or root.parent / "shared" / "contracts").resolve()
    if not folder.is_dir():
        pytest.skip(f"no contract files: {folder} is no folder (set TRACING_CONTRACTS)")
    return folder
