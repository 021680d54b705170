# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application of examples/app as it is: two processes with OpenTelemetry, a real Alloy and a real Tempo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import trace_tree
from conftest import Tempo
from loopback import ROOT, free_ports, opener

APP = ROOT / "examples" / "app" / "app.py"
LOGS = ROOT / "molecule" / "example_app" / "files" / "logs.py"
CONTRACT = ROOT / "examples" / "app" / "tracing-contract.yml"
INSTRUMENT = "from opentelemetry.instrumentation.auto_instrumentation import run; run()"


@pytest.fixture(scope="module")
def shop(packages: str, alloy: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _application(packages, alloy, tmp_path_factory.mktemp("shop")) as url:
        yield url


@contextmanager
def _application(
    packages: str, alloy: dict[str, str], folder: Path, of_both: dict[str, str] | None = None, **of_stock: str
) -> Iterator[str]:
    """Both services; ``of_both`` goes into their environment, ``of_stock`` into that of the second."""
    ports = dict(zip(("shop", "stock"), free_ports(2), strict=True))
    common = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": packages,
        "HOST": "127.0.0.1",
        "DATABASE": str(folder / "stock.db"),
        "STOCK_URL": f"http://127.0.0.1:{ports['stock']}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": alloy["http"],
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        **(of_both or {}),
    }
    running = []
    try:
        for service, port in ports.items():
            settings = {**common, "SERVICE": service, "OTEL_SERVICE_NAME": service, "PORT": str(port)}
            settings |= of_stock if service == "stock" else {}
            command = [sys.executable, "-c", INSTRUMENT, sys.executable, str(APP)]
            with (folder / f"{service}.log").open("wb") as log:
                running.append(subprocess.Popen(command, env=settings, stdout=log, stderr=subprocess.STDOUT))
        url = f"http://127.0.0.1:{ports['shop']}"
        _wait_for_an_answer(url, folder)
        yield url
    finally:
        for process in running:
            process.terminate()
            process.wait(20)


def _wait_for_an_answer(url: str, folder: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if order(url, "book")[0] == 200:
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.5)
    raise AssertionError("\n".join(path.read_text()[-2000:] for path in folder.glob("*.log")))


def order(url: str, item: str) -> tuple[int, dict[str, Any]]:
    try:
        with opener().open(f"{url}/{item}", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_an_order_is_one_trace_of_both_services_down_to_the_database(shop: str, tempo: Tempo) -> None:
    status, body = order(shop, "book")
    assert status == 200 and body["ordered"] == "book"
    found = tempo.run(
        "tempo_ingestion_check",
        trace_ids=[body["trace_id"]],
        services=["shop", "stock"],
        expect_edges=["shop -> stock"],
        expressions=["spans[?service == 'stock' && attributes.\"db.system\" == 'sqlite']"],
        timeout=30,
    )
    assert not found["failed"], found["msg"]
    tree = trace_tree(found["sample_trace"])
    print(tree)
    assert body["trace_id"] in tree.splitlines()[0]
    assert all(name in tree for name in ("shop", "stock", "UPDATE", "SELECT"))


def test_an_order_that_fails_is_an_error_in_its_trace(shop: str, tempo: Tempo) -> None:
    status, body = order(shop, "unicorn")
    assert status == 409 and body["reason"] == "no unicorn in stock"
    failed = "spans[?service == 'shop' && status == 'error']"
    found = tempo.run("tempo_ingestion_check", trace_ids=[body["trace_id"]], expressions=[failed], timeout=30)
    assert not found["failed"], found["msg"]
    assert "ERROR" in trace_tree(found["sample_trace"])


@contextmanager
def log_store(packages: str) -> Iterator[str]:
    """The one of the scenario on a cluster."""
    (port,) = free_ports(1)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": packages, "HOST": "127.0.0.1", "PORT": str(port)}
    process = subprocess.Popen([sys.executable, str(LOGS)], env=environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_what_it_logs_carries_the_id_of_the_trace(packages: str, alloy: dict[str, str], tmp_path: Path) -> None:
    with log_store(packages) as store:
        logs = {
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": f"{store}/v1/logs",
            "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true",
        }
        with _application(packages, alloy, tmp_path, logs) as url:
            trace_id = order(url, "book")[1]["trace_id"]
            query = urlencode({"query": f'trace_id="{trace_id}"'})
            found: list[dict[str, Any]] = []
            until = time.monotonic() + 30
            while len(found) < 2 and time.monotonic() < until:
                time.sleep(0.5)
                with opener().open(f"{store}/loki/api/v1/query_range?{query}", timeout=10) as answer:
                    found = json.load(answer)["data"]["result"]
    lines = {one["stream"]["service_name"]: one["values"][0][1] for one in found}
    assert lines == {"shop": "book ordered", "stock": "book taken"}
    for service in lines:
        assert "export" not in (tmp_path / f"{service}.log").read_text().lower()


def test_traces_of_the_application_are_as_its_contract_says(shop: str, tempo: Tempo) -> None:
    checked = tempo.run("trace_contract_check", src=str(CONTRACT), request_url=shop)
    assert not checked["failed"] and checked["verdict"] == "proven", checked["msg"]


def test_a_contract_that_is_not_kept_fails_by_its_case(shop: str, tempo: Tempo) -> None:
    text = CONTRACT.read_text().replace("db.system: sqlite", "db.system: mysql")
    checked = tempo.run("trace_contract_check", content=text, request_url=shop)
    assert checked["failed"] and checked["verdict"] == "unmet"
    (case,) = [case for case in checked["cases"] if case["verdict"] != "proven"]
    assert case["name"] == "An order reaches the database"
    assert [line.strip() for line in case["diff"] if line[0] in "-+"] == [
        '-         attribute db.system "mysql"',
        '+         is "sqlite"',
    ]


def test_a_recorded_contract_is_the_same_for_each_order(shop: str, tempo: Tempo, tmp_path: Path) -> None:
    contract = tmp_path / "tracing-contract.yml"
    changed = []
    for _ in range(3):
        recorded = tempo.run("trace_contract_record", trace_id=order(shop, "book")[1]["trace_id"], dest=str(contract))
        assert not recorded["failed"], recorded["msg"]
        changed.append(recorded["changed"])
    print(contract.read_text())
    assert changed == [True, False, False]
    checked = tempo.run("trace_contract_check", src=str(contract), since="5m")
    assert not checked["failed"], checked["msg"]


def test_a_deployment_that_drops_the_context_is_refused(
    packages: str, alloy: dict[str, str], tempo: Tempo, tmp_path: Path
) -> None:
    with _application(packages, alloy, tmp_path, OTEL_PROPAGATORS="baggage") as url:
        done = gate(
            tmp_path,
            gate_tempo_url=tempo.url,
            gate_services=["shop", "stock"],
            gate_request_url=f"{url}/book",
            gate_contract=str(CONTRACT),
            gate_contract_request_url=url,
        )
    # Traces of both services arrive, each in a trace of its own.
    assert done.returncode != 0 and "traces of shop, stock arrived." in done.stdout
    assert "of 4 cases 2 not met" in done.stdout and "expected a call shop -> stock" in done.stdout


def gate(folder: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The playbook gate, with Tempo at its address instead of in a cluster."""
    variables = json.dumps({"gate_report_dir": str(folder), **settings})
    # All that is asked for is printed, if it may be.
    command = [sys.executable, "-m", "ansible", "playbook", "-vvv", "playbooks/gate.yml", "-e", variables]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "no_proxy": "*"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def test_the_gate_lets_through_who_is_traced(shop: str, tempo: Tempo, tmp_path: Path) -> None:
    url = f"{shop}/book"
    done = gate(tmp_path, gate_tempo_url=tempo.url, gate_services=["shop", "stock"], gate_request_url=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "traces of shop, stock arrived." in done.stdout and "stock: SELECT" in done.stdout
    assert (tmp_path / "report.junit.xml").is_file()


def test_the_gate_checks_a_contract_too(shop: str, tempo: Tempo, tmp_path: Path) -> None:
    settings = {"gate_tempo_url": tempo.url, "gate_services": ["shop", "stock"], "gate_request_url": f"{shop}/book"}
    settings |= {"gate_contract": str(CONTRACT), "gate_contract_request_url": shop}
    settings["gate_request_headers"] = {"Authorization": "Bearer s3cret-w"}
    done = gate(tmp_path, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "s3cret-w" not in done.stdout + done.stderr
    assert "All 4 cases of the contract are met." in done.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(
        CONTRACT.read_text().replace("root: {service: shop, name: GET /book", "root: {service: shop, name: GET")
    )
    done = gate(tmp_path, **settings | {"gate_contract": str(broken)})
    assert done.returncode != 0 and "expected a root span with" in done.stdout
    assert "<failure" in (tmp_path / "trace-contract.junit.xml").read_text()


def test_the_gate_stops_who_is_not(shop: str, tempo: Tempo, tmp_path: Path) -> None:
    wanted = {"gate_tempo_url": tempo.url, "gate_services": ["shop", "nobody"], "gate_request_url": f"{shop}/book"}
    done = gate(tmp_path, **wanted, gate_timeout=8)
    assert done.returncode != 0
    assert "nobody" in done.stdout.split("Fail unless the traces arrived")[1]
    assert "<failure" in (tmp_path / "report.junit.xml").read_text()
    assert "may have dropped" not in done.stdout


def test_the_gate_does_not_count_what_is_older(shop: str, tempo: Tempo, tmp_path: Path) -> None:
    """The version before was traced, and nobody calls the new one. Sampling, where it is known, is named as a cause."""
    wanted = {"gate_tempo_url": tempo.url, "gate_services": ["shop", "stock"], "gate_timeout": 8}
    assert gate(tmp_path, **wanted, gate_request_url=f"{shop}/book").returncode == 0
    done = gate(tmp_path, **wanted, alloy_head_sampling_percentage=50)
    assert done.returncode != 0
    told = " ".join(done.stdout.split("Fail unless the traces arrived")[1].split())
    assert "alloy_head_sampling_percentage is set, which may have dropped them." in told
