# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One real Tempo and one real Alloy on loopback, where their programs are at hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from loopback import ROOT, TEMPO_2, free_ports, opener, program, running

# What the command line prints before a result; above it there may be the error once more.
RESULT_LINE = re.compile(r"^localhost \| \S+ => ", re.MULTILINE)

# For Tempo 3, with the periods that the role's profile low_latency gives it.
CONFIG_3 = """\
usage_report: {{reporting_enabled: false}}
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {http}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {grpc}
  log_level: warn
distributor:
  receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{otlp}"}}}}}}}}
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}}}
live_store:
  max_trace_idle: 1s
  flush_check_period: 250ms
  wal: {{path: {data}/live}}
  shutdown_marker_dir: {data}/marker
query_frontend: {{query_end_cutoff: 0s}}
memberlist: {{bind_addr: [127.0.0.1], bind_port: {gossip}}}
querier: {{frontend_worker: {{frontend_address: "127.0.0.1:{grpc}"}}}}
storage: {{trace: {{backend: local, local: {{path: {data}/blocks}}, wal: {{path: {data}/wal}}}}}}
"""

# Straight on to Tempo, by HTTP.
ALLOY = """\
otelcol.receiver.otlp "in" {{
  grpc {{ endpoint = "127.0.0.1:{grpc}" }}
  http {{ endpoint = "127.0.0.1:{http}" }}
  output {{ traces = [otelcol.processor.batch.out.input] }}
}}
otelcol.processor.batch "out" {{
  output {{ traces = [otelcol.exporter.otlphttp.tempo.input] }}
}}
otelcol.exporter.otlphttp "tempo" {{
  client {{ endpoint = "{tempo}" }}
}}
"""


@dataclass(frozen=True)
class Tempo:
    """Where it listens. ``send`` posts OTLP/JSON, ``run`` runs a module of the collection against it."""

    url: str
    otlp_url: str

    def send(self, groups: list[dict[str, Any]]) -> None:
        body = json.dumps({"resourceSpans": groups}).encode()
        request = urllib.request.Request(f"{self.otlp_url}/v1/traces", body, {"Content-Type": "application/json"})
        with opener().open(request, timeout=10) as answer:
            assert json.loads(answer.read()).get("partialSuccess") == {}

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """A result as a playbook sees it."""
        arguments = json.dumps({"url": self.url, **options})
        name = f"tracelab.k8s_tracing.{module}"
        command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-m", name, "-a", arguments]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "no_proxy": "*",
        }
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
        result: dict[str, Any] = json.loads(RESULT_LINE.split(done.stdout)[-1])
        # A span may well tell of a traceback; the module may have none.
        assert "Traceback" not in done.stderr + str(result.get("exception", "")) + str(result.get("msg", ""))
        return {**result, "failed": done.returncode != 0}


@pytest.fixture(scope="session")
def tempo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tempo]:
    binary = program("tempo")
    if binary is None:
        pytest.skip("no Tempo binary: set TEMPO_BINARY, or fetch one with `python3 -m testbed programs tempo`")
    ports = dict(zip(("http", "grpc", "otlp", "gossip"), free_ports(4), strict=True))
    data = tmp_path_factory.mktemp("tempo")
    config, log = data / "tempo.yaml", data / "tempo.log"
    said = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=30, check=False)
    text = CONFIG_3 if re.search(r"version v?3\.", said.stdout + said.stderr) else TEMPO_2
    config.write_text(text.format(data=data, **ports))
    with running([binary, f"-config.file={config}"], log, f"http://127.0.0.1:{ports['http']}/ready"):
        yield Tempo(f"http://127.0.0.1:{ports['http']}", f"http://127.0.0.1:{ports['otlp']}")


@pytest.fixture(scope="session")
def alloy(tempo: Tempo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    binary = program("alloy")
    if binary is None:
        pytest.skip("no Alloy binary: set ALLOY_BINARY, or fetch one with `python3 -m testbed programs alloy`")
    folder = tmp_path_factory.mktemp("alloy")
    ports = dict(zip(("grpc", "http", "own"), free_ports(3), strict=True))
    config, log = folder / "config.alloy", folder / "alloy.log"
    config.write_text(ALLOY.format(tempo=tempo.otlp_url, **ports))
    options = [f"--storage.path={folder}/data", f"--server.http.listen-addr=127.0.0.1:{ports['own']}"]
    command = [binary, "run", "--disable-reporting", *options, str(config)]
    with running(command, log, f"http://127.0.0.1:{ports['own']}/-/ready"):
        yield {"grpc": f"http://127.0.0.1:{ports['grpc']}", "http": f"http://127.0.0.1:{ports['http']}"}


@pytest.fixture(scope="session")
def packages() -> str:
    """A folder with OpenTelemetry for Python: the packages of the test bed's image."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip(f"the pinned packages of OpenTelemetry are for Python 3.11, and this is {sys.version.split()[0]}")
    ensure = "from testbed import wheels; print(wheels.ensure())"
    done = subprocess.run([sys.executable, "-c", ensure], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
