# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values on their whole way: from settings and files by the roles and Helm into objects, and into Helm's own record."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Outcome, Plays

PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils"
# Texts that one reader of YAML or another takes for something else.
TEXTS = {
    "a": "3e1",
    "b": "0o17",
    "c": "n",
    "d": "22:30",
    "e": "2026-01-31",
    "f": "~",
    "g": ".inf",
    "h": "017",
    "i": "12345678901234567890",
    "j": " lead and trail ",
    "k": "a\n\tb\n",
    "l": "one\u2028two\u0085three",
    "m": "\U0001f600",
    "n": "1_000",
    "o": "null",
    "p": "6063e25",
    "q": "",
}

# Tempo by itself, which sends its metrics nowhere.
TEMPO = {"tempo_metrics_generator_enabled": False, "tempo_traceql_metrics_enabled": False}


def recorded(cluster: ApiServer, namespace: str, name: str) -> dict[str, Any]:
    """The values in the newest record of a release."""
    api = cluster.ask("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner=helm,name={name}").content
    newest: dict[str, Any] = importlib.import_module(f"{PREFIX}._helm.record").newest(api["items"]).config
    return newest


def annotations(cluster: ApiServer, namespace: str) -> dict[str, str]:
    found = cluster.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/statefulsets/tempo").content
    texts: dict[str, str] = found["spec"]["template"]["metadata"]["annotations"]
    return texts


@pytest.mark.case("C1")
@pytest.mark.parametrize(
    "more", [{}, {"r": "=", "s": "<<", "t": "2026-99-99"}], ids=["by the module", "by Helm itself"]
)
def test_texts_stay_texts(plays: Plays, cluster: ApiServer, namespace: str, more: dict[str, str]) -> None:
    texts = {**TEXTS, **more}
    variables = {**TEMPO, "tempo_namespace": namespace, "tempo_values": {"podAnnotations": texts}}
    plays.role("tempo", variables).assert_ok()
    assert recorded(cluster, namespace, "tempo")["podAnnotations"] == texts
    # What a chart makes of line separators in its templates is its own affair.
    shown = {name: text for name, text in texts.items() if "\u2028" not in text and text}
    assert shown.items() <= annotations(cluster, namespace).items()
    assert plays.role("tempo", variables).assert_ok().changed == 0
    plays.role("tempo", {**variables, "tempo_state": "absent"}).assert_ok()
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == []


@pytest.mark.case("C1")
def test_external_labels_stay_texts(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    labels = {"cluster": "3e1", "site": "0o17", "answer": "n"}
    variables = {"prometheus_namespace": namespace, "prometheus_external_labels": labels}
    plays.role("prometheus", variables).assert_ok()
    assert recorded(cluster, namespace, "prometheus")["server"]["global"]["external_labels"] == labels


@pytest.mark.case("C1")
def test_a_values_file_is_read_as_helm_reads_it(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    file = plays.folder / "values.yml"
    file.write_text("podAnnotations: {window: 22:30, day: 2026-01-31}\ntempo: {ingester: {x: 1e3, z: 0o17}}\n")
    plays.role("tempo", {**TEMPO, "tempo_namespace": namespace, "tempo_values_files": [str(file)]}).assert_ok()
    found = recorded(cluster, namespace, "tempo")
    assert found["podAnnotations"] == {"window": "22:30", "day": "2026-01-31"}
    assert (found["tempo"]["ingester"]["x"], found["tempo"]["ingester"]["z"]) == (1000, 15)


def said(outcome: Outcome) -> str:
    assert outcome.code != 0, outcome.text
    return outcome.failures[-1]


@pytest.mark.case("B5")
def test_a_release_that_fails_twice_says_the_same_twice(plays: Plays, namespace: str) -> None:
    number = {"tempo": {"extraEnv": [{"name": "X", "value": 2}]}}
    variables = {**TEMPO, "tempo_namespace": namespace, "tempo_values": number}
    first, second = (said(plays.role("tempo", variables)) for _time in range(2))
    for words in (first, second):
        assert "Release tempo" in words and "could not be applied" in words
        assert "cannot unmarshal number" in words or "expected string" in words
        assert "non-zero return code" not in words
