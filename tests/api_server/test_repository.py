# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts from a repository over HTTP, as users have them: several releases are applied in the background then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from chart_repository import publish, serving
from live_plays import CHARTS, Plays, from_repository

COLLECTION = "tracelab.k8s_tracing"
PARTS = ("prometheus", "tempo", "alloy", "grafana")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The stand-in charts, packaged, with an index."""
    folder = tmp_path_factory.mktemp("repository")
    for part in PARTS:
        publish(folder, CHARTS / part)
    with serving(folder) as url:
        yield url


def settings(repository: str, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = {"k8s_tracing_namespace": namespace, "k6_trace_generator_state": "absent"}
    for part in PARTS:
        found |= from_repository(part, repository)
    return found


def apply_all(plays: Plays, variables: Mapping[str, Any], **more: Any) -> Any:
    """As site.yml does it: checked, applied in the background, and collected by the wait."""

    def call(role: str, step: str, **given: str) -> dict[str, Any]:
        name = f"{step} {given or role}"
        return {
            "name": name,
            "ansible.builtin.import_role": {"name": f"{COLLECTION}.{role}", "tasks_from": step},
            "vars": given,
        }

    tasks = [call(part, "prepare") for part in PARTS]
    tasks.append(call("helm_release", "plan"))
    tasks += [call(part, "apply") for part in PARTS]
    tasks += [call("helm_release", "collect", helm_release=f"{{{{ _{part}_release }}}}") for part in PARTS]
    return plays.run(tasks, variables, **more)


def records(cluster: ApiServer, namespace: str) -> set[str]:
    found = cluster.ask("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm,status%3Ddeployed")
    return {item["metadata"]["labels"]["name"] for item in found.content["items"]}


@pytest.mark.case("F4")
@pytest.mark.parametrize("elsewhere", [False, True], ids=["home", "home-elsewhere"])
def test_the_first_installation_from_a_repository(
    plays: Plays, namespace: str, repository: str, tmp_path: Path, elsewhere: bool
) -> None:
    environment = {"HOME": str(Path.home())}
    if elsewhere:
        (tmp_path / "home").mkdir()
        environment = {"HOME": str(tmp_path / "home")}
    environment |= {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    # What nobody waits for is not applied in the background. The wait for pods itself is left out here.
    given = settings(repository, namespace) | {f"{part}_wait": True for part in PARTS}
    done = apply_all(plays, given, environment=environment).assert_ok()
    collected = [row for row in done.tasks if "Clear the background job" in row["name"] and not row["skipped"]]
    assert len(collected) == len(PARTS), "not all of them went into the background"
    assert records(plays.cluster, namespace) == set(PARTS)


@pytest.mark.case("F5")
def test_a_repository_out_of_reach_changes_nothing(plays: Plays, cluster: ApiServer, repository: str) -> None:
    given = settings("http://127.0.0.1:1", "never-made")
    done = plays.role("tempo", given)
    assert done.code != 0
    assert "cannot be downloaded" in done.failures[-1]
    assert "never-made" not in cluster.names("/api/v1/namespaces")


@pytest.mark.case("F5")
def test_without_helm_nothing_changes(plays: Plays, cluster: ApiServer, tmp_path: Path) -> None:
    given = {"k8s_tracing_namespace": "never-made", "k8s_tracing_helm_binary": str(tmp_path / "helm")}
    done = plays.role("grafana", given)
    assert done.code != 0
    assert "The helm binary was not found" in done.failures[-1]
    assert "never-made" not in cluster.names("/api/v1/namespaces")
