# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of examples/otlp: each prints the id of its trace, and that trace is in Tempo.

Python's packages are pinned and cached. Those of the other languages come from their registries, so these are run only
where OTLP_EXAMPLES names them: OTLP_EXAMPLES="go node java".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Tempo
from loopback import ROOT

COMMANDS = {
    "go": "go mod init send && go mod tidy && go run .",
    "node": "npm install && node send.js",
    "java": "mvn -q compile exec:java",
}


def sent(folder: Path, command: list[str], alloy: dict[str, str], **settings: str) -> str:
    """The id that the program prints."""
    otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": alloy["http"], "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    none = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_SERVICE_NAME": "example"}
    environment = {**os.environ, **otel, **none, **settings}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r"\b[0-9a-f]{32}\b", done.stdout)[-1]


def found(tempo: Tempo, trace_id: str) -> None:
    names = "sort(spans[].name) == sort(['checkout', 'payment'])"
    check = tempo.run(
        "tempo_ingestion_check", trace_ids=[trace_id], services=["example"], expressions=[names], timeout=30
    )
    assert not check["failed"], check["msg"]


def test_python(packages: str, alloy: dict[str, str], tempo: Tempo) -> None:
    program = ROOT / "examples" / "otlp" / "python" / "send.py"
    found(tempo, sent(program.parent, [sys.executable, program.name], alloy, PYTHONPATH=packages))


@pytest.mark.parametrize("language", COMMANDS)
def test_other_languages(language: str, alloy: dict[str, str], tempo: Tempo, tmp_path: Path) -> None:
    if language not in os.environ.get("OTLP_EXAMPLES", "").split():
        pytest.skip(f"it fetches packages from the registry of {language}: set OTLP_EXAMPLES={language}")
    folder = tmp_path / language
    shutil.copytree(ROOT / "examples" / "otlp" / language, folder)
    text = next(path for path in folder.iterdir() if path.suffix in (".go", ".js", ".java")).read_text()
    assert COMMANDS[language] in text
    found(tempo, sent(folder, ["bash", "-c", COMMANDS[language]], alloy))
