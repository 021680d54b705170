# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that somebody else makes while a role waits for them."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from api_server import ApiServer
from live_plays import Outcome, Plays

MISSING = "Print the Secrets that are not there yet"
NAMED = {
    "tempo_storage_backend": "s3",
    "tempo_storage_s3": {"endpoint": "minio.example.com:9000", "bucket": "traces"},
    "tempo_storage_secret": "tempo-s3",
}
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def secret(*keys: str) -> dict[str, Any]:
    return {"metadata": {"name": "tempo-s3"}, "data": dict.fromkeys(keys, "eA==")}


def wait_until_missed(plays: Plays, running: Future[Outcome]) -> None:
    log = plays.folder / "results.jsonl"
    until = time.monotonic() + 300
    while not (log.is_file() and MISSING in log.read_text("utf-8")):
        assert not running.done(), running.result().text
        assert time.monotonic() < until, "the role did not look for the Secret"
        time.sleep(0.2)


def test_a_secret_that_comes_later_is_waited_for(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    given = {**NAMED, "tempo_namespace": namespace, "k8s_tracing_secret_wait": 120}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(plays.role, "tempo", given)
        wait_until_missed(plays, running)
        cluster.create(path, secret(KEYS[0]))
        time.sleep(6)
        assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == []
        assert cluster.ask("PUT", f"{path}/tempo-s3", secret(*KEYS)).status == 200
        outcome = running.result().assert_ok()
    (line,) = outcome.result(MISSING)["msg"]
    assert line.startswith(
        f"Secret tempo-s3 in namespace {namespace}, which tempo_storage_secret names, is not there "
        f"(it needs the keys {' and '.join(KEYS)}). "
    )
    assert "Wait for missing Secrets: 1" in outcome.text and "retries left" in outcome.text
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == ["tempo"]


def test_a_secret_that_does_not_come_is_told_by_its_key(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    cluster.create(f"/api/v1/namespaces/{namespace}/secrets", secret(KEYS[0]))
    given = {**NAMED, "tempo_namespace": namespace, "k8s_tracing_secret_wait": 5}
    checked = plays.role("tempo", given, arguments=["--check"]).assert_ok()
    told = f"Secret tempo-s3 in namespace {namespace}, which tempo_storage_secret names, lacks the key {KEYS[1]}."
    (line,) = checked.result(MISSING)["msg"]
    assert line.startswith(told)
    outcome = plays.role("tempo", given)
    assert outcome.code != 0
    assert outcome.failures[-1].startswith(told) and "k8s_tracing_secret_wait" in outcome.failures[-1]
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == []


def test_by_default_nothing_is_looked_for(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    outcome = plays.role("tempo", {**NAMED, "tempo_namespace": namespace}).assert_ok()
    assert MISSING not in [row["name"] for row in outcome.tasks]
    refused = plays.role("tempo", {**NAMED, "tempo_namespace": namespace, "k8s_tracing_secret_wait": "5m"})
    assert refused.code != 0 and "k8s_tracing_secret_wait is '5m'" in refused.text
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == ["tempo"]
