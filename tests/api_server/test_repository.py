# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts from a repository over HTTP, as users have them: several releases are applied in the background then."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import CHARTS, Plays
from loopback import program

PARTS = ("prometheus", "tempo", "alloy", "grafana")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Not into the test's output."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The stand-in charts, packaged, with an index."""
    folder = tmp_path_factory.mktemp("repository")
    helm = str(program("helm"))
    for part in PARTS:
        subprocess.run(
            [helm, "package", str(CHARTS / part), "--destination", str(folder)], check=True, capture_output=True
        )
    subprocess.run([helm, "repo", "index", str(folder)], check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def settings(repository: str, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = {"k8s_tracing_namespace": namespace, "k6_trace_generator_state": "absent"}
    for part in PARTS:
        version = yaml.safe_load((CHARTS / part / "Chart.yaml").read_text(encoding="utf-8"))["version"]
        found |= {
            f"{part}_chart_ref": part,
            f"{part}_chart_repo_url": repository,
            f"{part}_chart_version": version,
        }
    return found


def apply_all(plays: Plays, variables: Mapping[str, Any], **more: Any) -> Any:
    """As site.yml does it: checked, applied in the background, and collected by the wait."""
    tasks: list[dict[str, Any]] = []
    for name, tasks_from, extra in (
        ("Check", "main", {"helm_release_only_preflight": True}),
        ("Apply", "apply", {"helm_release_background": True}),
    ):
        tasks += [
            {
                "name": f"{name} {part}",
                "ansible.builtin.import_role": {"name": f"tracelab.k8s_tracing.{part}", "tasks_from": tasks_from},
                "vars": extra,
            }
            for part in PARTS
        ]
    tasks += [
        {
            "name": f"Collect {part}",
            "ansible.builtin.include_role": {"name": "tracelab.k8s_tracing.helm_release", "tasks_from": "collect"},
            "vars": {"helm_release_of": part},
        }
        for part in PARTS
    ]
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
    assert [row for row in done.tasks if "ansible_job_id" in row["result"]], "nothing went into the background"
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
