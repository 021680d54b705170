"""Where the lists of the charts' keys are."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def contracts(root: Path) -> Path:
    return root / "tests" / "contract" / "keys"
