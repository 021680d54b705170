# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters without nodes, started when the first test asks for them, and plays that are run against them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import ApiServer, missing_programs
from live_plays import Plays


def _started(factory: pytest.TempPathFactory, name: str) -> Iterator[ApiServer]:
    missing = missing_programs()
    if missing:
        pytest.skip(f"no {', '.join(missing)}: `python3 -m testbed programs {' '.join(missing)}` makes them")
    server = ApiServer(factory.mktemp(f"cluster-{name}"), name)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    yield from _started(tmp_path_factory, "one")


@pytest.fixture(scope="session")
def second_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    yield from _started(tmp_path_factory, "two")


@pytest.fixture
def namespace(cluster: ApiServer) -> Iterator[str]:
    """One of its own for each test, so that none waits for another's objects to go."""
    name = cluster.make_namespace(f"test-{uuid.uuid4().hex[:8]}")
    yield name
    cluster.remove_namespace(name)


@pytest.fixture
def plays(cluster: ApiServer, tmp_path: Path) -> Plays:
    """Runs plays with the settings that install the stand-in charts into ``cluster``."""
    return Plays(cluster, tmp_path)
