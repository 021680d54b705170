# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be verified: an archive, with a keyring. Signatures are verified in tests/contract and tests/api_server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import provenance
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import Chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource

HELM: Any = object()


@pytest.fixture(autouse=True)
def any_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "require_keyring", lambda path: None)


def test_nobody_asked() -> None:
    assert provenance.verifier({"verify": False, "keyring": ""}, ChartSource("tempo"), HELM) is None


def test_a_keyring_is_needed() -> None:
    with pytest.raises(TracingError, match="keyring is empty"):
        provenance.verifier({"verify": True, "keyring": ""}, ChartSource("tempo"), HELM)


def test_a_chart_in_a_folder_has_no_signature(tmp_path: Path) -> None:
    with pytest.raises(TracingError, match="is a folder"):
        provenance.verifier({"verify": True, "keyring": "/keys.gpg"}, ChartSource(str(tmp_path)), HELM)


def test_an_archive_and_a_chart_of_a_repository_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a folder has the name of the repository's chart."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tempo").mkdir()
    for source in (ChartSource(str(tmp_path / "tempo-1.0.0.tgz")), ChartSource("tempo", "https://charts.example.com")):
        assert provenance.verifier({"verify": True, "keyring": "/keys.gpg"}, source, HELM) == provenance.Verifier(
            HELM, "/keys.gpg", source
        )


TEMPO = Chart("tempo.tgz", {"Chart.yaml": b"name: tempo\nversion: 1.0.0\n"})
REPOSITORY = "https://charts.example.com"


@pytest.mark.parametrize(
    "source",
    [
        # A path is what it is, whatever its name.
        ChartSource("/charts/mine", version="2.0.0"),
        ChartSource("./mine"),
        ChartSource("tempo", REPOSITORY, "1.0.0"),
        ChartSource("tempo", REPOSITORY, "v1.0.0"),
        # A range says no version to hold it to.
        ChartSource("tempo", REPOSITORY, "^2"),
        ChartSource("oci://charts.example.com/tempo:1.0.0"),
        ChartSource(f"{REPOSITORY}/mine-1.0.0.tgz"),
    ],
    ids=str,
)
def test_the_chart_that_was_asked_for_is_taken(source: ChartSource) -> None:
    provenance.refuse_another(source, TEMPO)


@pytest.mark.parametrize(
    "source",
    [
        ChartSource("loki", REPOSITORY),
        ChartSource("tempo", REPOSITORY, "1.0.1"),
        ChartSource("grafana/tempo", version="1.0.1"),
        ChartSource("oci://charts.example.com/loki", version="1.0.0"),
    ],
    ids=str,
)
def test_another_chart_of_the_publisher_is_refused(
    source: ChartSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a folder has the name of the repository's chart."""
    monkeypatch.chdir(tmp_path)
    for folder in ("loki", "tempo") if source.repo_url else ():
        (tmp_path / folder).mkdir()
    with pytest.raises(TracingError, match=r"the repository gave tempo 1\.0\.0") as caught:
        provenance.refuse_another(source, TEMPO)
    assert caught.value.kind == "provenance_mismatch"
