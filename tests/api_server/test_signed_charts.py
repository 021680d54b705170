# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role that demands a signed chart: what it plans and applies is what was verified, and nothing else is applied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from chart_repository import publish, serving
from live_plays import CHARTS, Plays, from_repository
from openpgp import Key, two_keys

PART = "grafana"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    with two_keys(tmp_path_factory.mktemp("keys"), "publisher") as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    return made


@pytest.fixture
def given(folder: Path, keys: tuple[Key, Key], tmp_path: Path, namespace: str) -> Iterator[dict[str, Any]]:
    with serving(folder) as url:
        yield {
            "k8s_tracing_namespace": namespace,
            "k8s_tracing_chart_verify": True,
            "k8s_tracing_chart_keyring": str(keys[0].keyring(tmp_path / "ring.gpg")),
            **from_repository(PART, url),
        }


def altered(tmp_path: Path) -> Path:
    """Another chart of the same name and version."""
    chart = tmp_path / "altered" / PART
    shutil.copytree(CHARTS / PART, chart)
    with (chart / "values.yaml").open("a") as stream:
        stream.write("more: true\n")
    return chart


def record(cluster: ApiServer, namespace: str) -> list[str]:
    found = cluster.ask("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm")
    return [item["metadata"]["labels"]["version"] for item in found.content["items"]]


def test_a_signed_chart_is_planned_applied_and_then_left_alone(
    plays: Plays, folder: Path, keys: tuple[Key, Key], given: dict[str, Any], namespace: str
) -> None:
    publish(folder, CHARTS / PART, keys[0])
    planned = plays.role(PART, given, arguments=["--check", "--diff"]).assert_ok()
    assert planned.changed > 0
    assert record(plays.cluster, namespace) == []
    signed = planned.result("Assert that the chart is signed")
    assert signed["signed_by"] == "publisher@example.com"
    plays.role(PART, given).assert_ok()
    assert record(plays.cluster, namespace) == ["1"]
    assert plays.role(PART, given).assert_ok().changed == 0
    assert plays.role(PART, given, arguments=["--check", "--diff"]).assert_ok().changed == 0


@pytest.mark.parametrize(
    ("how", "check"),
    [
        ("unsigned", False),
        ("another", False),
        ("altered", False),
        ("altered", True),
        ("no ring", False),
        ("empty ring", False),
    ],
)
def test_every_other_chart_is_refused(
    plays: Plays,
    folder: Path,
    keys: tuple[Key, Key],
    given: dict[str, Any],
    namespace: str,
    tmp_path: Path,
    how: str,
    check: bool,
) -> None:
    publish(folder, CHARTS / PART, {"unsigned": None, "another": keys[1]}.get(how, keys[0]))
    if how == "altered":
        publish(folder, altered(tmp_path))
    ring = {"no ring": str(tmp_path / "none.gpg"), "empty ring": ""}.get(how)
    more = {} if ring is None else {"k8s_tracing_chart_keyring": ring}
    done = plays.role(PART, {**given, **more}, arguments=["--check"] if check else [])
    assert done.code != 0
    words = {
        "unsigned": "has no provenance",
        "another": "signed by a key that is not in",
        "altered": "is not what its publisher has signed",
        "no ring": "There is no key ring",
        "empty ring": "grafana_chart_verify is true, and grafana_chart_keyring is empty",
    }
    assert words[how] in done.failures[-1]
    assert record(plays.cluster, namespace) == []


def test_an_upgrade_to_an_altered_chart_is_refused(
    plays: Plays, folder: Path, keys: tuple[Key, Key], given: dict[str, Any], namespace: str, tmp_path: Path
) -> None:
    """What was kept from an earlier run is verified again, whoever may have changed it."""
    publish(folder, CHARTS / PART, keys[0])
    plays.role(PART, given).assert_ok()
    (kept,) = (plays.folder / ".ansible").rglob(f"{PART}-*.tgz")
    publish(folder, altered(tmp_path))
    shutil.copy(folder / kept.name, kept)
    done = plays.role(PART, {**given, "grafana_pod_annotations": {"new": "yes"}})
    assert done.code != 0
    assert "is not what its publisher has signed" in done.failures[-1]
    assert record(plays.cluster, namespace) == ["1"]


def test_objects_are_taken_over_with_a_chart_of_a_repository(
    plays: Plays, folder: Path, given: dict[str, Any], namespace: str
) -> None:
    """Helm's own command line, which that takes, is told the repository and the version too."""
    publish(folder, CHARTS / PART)
    more = {"k8s_tracing_chart_verify": False, "grafana_adopt": True}
    plays.role(PART, {**given, **more}).assert_ok()
    assert record(plays.cluster, namespace) == ["1"]
