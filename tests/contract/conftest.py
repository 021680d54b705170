"""Where the lists of the charts' keys are, and the helm program."""

from __future__ import annotations

from pathlib import Path

import pytest
from chart_keys import LISTS
from loopback import required

LONGEST = ("test_links", "test_refusals", "test_addresses", "test_role_values")
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: else one process is left with it when the others have ended."""
    items.sort(key=lambda item: next((at for at, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST)))
