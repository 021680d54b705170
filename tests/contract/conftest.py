"""Where the lists of the charts' keys are, and the helm program."""

from __future__ import annotations

from pathlib import Path

import pytest
from chart_keys import LISTS
from loopback import required

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def contracts() -> Path:
    return LISTS


@pytest.fixture(scope="session")
def helm() -> str:
    return required("helm")
