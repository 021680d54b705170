# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig that leads to something else than a Kubernetes API."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_server import ApiServer
from fake_server import Answer, serving
from live_plays import Plays

LOGIN = b"<html><title>Log in</title></html>"
PAGES = {
    "nothing": Answer(b"not here", 404, {"Content-Type": "text/plain"}),
    "login": Answer(LOGIN, 200, {"Content-Type": "text/html"}),
    "json": Answer(b'{"status": "ok"}', 200, {"Content-Type": "application/json"}),
}
WHERE = [("tempo", "nothing"), ("tempo", "login"), ("tempo", "json"), ("status", "login"), ("verify", "nothing")]


@pytest.mark.case("A4")
@pytest.mark.parametrize(("what", "page"), WHERE)
def test_no_kubernetes_api_is_said_in_one_sentence(cluster: ApiServer, tmp_path: Path, what: str, page: str) -> None:
    plays = Plays(cluster, tmp_path)
    with serving(lambda asked: PAGES[page]) as site:
        config = cluster.write_kubeconfig(tmp_path / "config", cluster={"server": site.url})
        variables = {"k8s_tracing_kubeconfig": str(config)}
        outcome = plays.role(what, variables) if what == "tempo" else plays.playbook(what, variables)
    assert outcome.code != 0
    assert f"No Kubernetes API answers at {site.url}" in outcome.failures[-1]
    assert "default storage class" not in outcome.text and "lost 0" not in outcome.text
