# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that work on the stack as a whole, from playbooks of others: real Tempo, Alloy and Prometheus behind an API
server that plays its service proxy for them.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from loopback import ROOT, opener
from stack import PASSWORD, Stack, missing_programs, stack

sys.path.append(str(ROOT / "tests" / "api_server"))
import api_server
from api_server import ApiServer
from live_plays import Outcome, Plays
from service_proxy import Asked, service_proxy

NAMESPACE = "observability"
# Port of the Service, by which a process is told from another one of the same part.
PLAYED = {
    ("tempo", 3200): "tempo",
    ("alloy", 12345): "alloy",
    ("alloy", 4318): "in_http",
    ("prometheus-server", 80): "",
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    missing = missing_programs() + api_server.missing_programs()
    if missing:
        pytest.skip(f"not in the cache: run `python3 -m testbed programs {' '.join(missing)}`")
    with stack(tmp_path_factory.mktemp("stack")) as made:
        yield made


@pytest.fixture(scope="module")
def plays(pipeline: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plays]:
    """Plays against a cluster in which the Services of the stack are answered by its processes."""
    server = ApiServer(tmp_path_factory.mktemp("cluster"), "one")
    server.start()
    try:
        server.make_namespace(NAMESPACE)
        for name, port in sorted({(name, port) for name, port in PLAYED if port != 4318}):
            ports = [{"name": "http", "port": port}]
            server.create(
                f"/api/v1/namespaces/{NAMESPACE}/services", {"metadata": {"name": name}, "spec": {"ports": ports}}
            )
        with service_proxy(server, lambda asked: played(pipeline, asked)) as url:
            cluster = {"server": url, "certificate-authority": str(server.ca)}
            server.write_kubeconfig(server.kubeconfig, cluster=cluster)
            yield Plays(server, tmp_path_factory.mktemp("plays"))
    finally:
        server.stop()


def played(pipeline: Stack, asked: Asked) -> tuple[int, dict[str, str], bytes] | None:
    """The answer of the process that stands for a Service."""
    name = {"tempo": "tempo", "prometheus-server": "prometheus"}.get(asked.name, "")
    if asked.name == "alloy":
        name = "in_http" if asked.path.startswith("/v1/traces") else "alloy"
    if not name:
        return None
    kept = {key: value for key, value in asked.headers.items() if key in ("content-type", "accept", "x-scope-orgid")}
    request = Request(pipeline.url(name, asked.path), asked.body or None, kept, method=asked.method)
    try:
        with opener().open(request, timeout=30) as answer:
            return answer.status, {"Content-Type": answer.headers.get("content-type", "")}, answer.read()
    except HTTPError as error:
        with error:
            return error.code, {}, error.read()


def call(how: str, role: str, **options: Any) -> dict[str, Any]:
    return {"name": f"Call {role}", f"ansible.builtin.{how}": {"name": f"tracelab.k8s_tracing.{role}"}, "vars": options}


def here(folder: Path) -> dict[str, Any]:
    """Options of a proof of the traffic that is there."""
    return {
        "verify_namespace": NAMESPACE,
        "verify_generate": False,
        "verify_probe_traces": 3,
        "verify_report_dir": str(folder / "report"),
    }


@pytest.mark.parametrize("how", ["import_role", "include_role"])
def test_a_proof_from_a_playbook_of_others(plays: Plays, tmp_path: Path, how: str) -> None:
    after = {
        "name": "Use the result",
        "ansible.builtin.assert": {"that": ["verify_report.proven", "verify_report.failures == []"]},
    }
    outcome = plays.run([call(how, "verify", **here(tmp_path)), after]).assert_ok()
    lines = outcome.result("Print what was proven")["msg"]
    assert lines[0].startswith("Proven: ") and "are in Tempo" in lines[0]
    assert lines[1].startswith("3 single traces, 0 spans lost, 0 altered")
    assert lines[2] == "Metrics made from these spans are in Prometheus."
    assert "while this runs: kubectl --kubeconfig" in lines[-1]
    assert outcome.changed == 0
    written = tmp_path / "report"
    assert written.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in written.iterdir()} == {0o600}
    assert len(list(written.iterdir())) == 3


def from_outside(pipeline: Stack, **changed: Any) -> dict[str, Any]:
    """As an inventory says it."""
    return {
        "k8s_tracing_verify_from": "outside",
        "k8s_tracing_otlp_grpc_url": f"https://127.0.0.1:{pipeline.ports['out_grpc']}",
        "k8s_tracing_otlp_http_url": f"https://localhost:{pipeline.ports['out_http']}",
        "k8s_tracing_otlp_ca_file": str(pipeline.folder / "secrets" / "authority.crt"),
        "k8s_tracing_otlp_username": "sender",
        "k8s_tracing_otlp_password": PASSWORD,
        **changed,
    }


def test_a_proof_from_outside_the_cluster(plays: Plays, pipeline: Stack, tmp_path: Path) -> None:
    given = from_outside(pipeline)
    outcome = plays.run([call("import_role", "verify", **here(tmp_path))], given, arguments=["-vvv"]).assert_ok()
    lines = outcome.result("Print what was proven")["msg"]
    assert lines[0].startswith("Proven: ") and lines[1].startswith("3 single traces, 0 spans lost, 0 altered")
    assert lines[-2:] == [
        f"From outside by {given['k8s_tracing_otlp_grpc_url']} (grpc): 3 traces, 0 spans lost, 0 altered.",
        f"From outside by {given['k8s_tracing_otlp_http_url']} (http_protobuf): 3 traces, 0 spans lost, 0 altered.",
    ]
    login = base64.b64encode(f"sender:{PASSWORD}".encode()).decode()
    assert PASSWORD not in outcome.text and login not in outcome.text


REFUSED_OUTSIDE: dict[str, tuple[dict[str, Any], str]] = {
    "a password": ({"k8s_tracing_otlp_password": "other"}, "refuses the login: check k8s_tracing_otlp_username and"),
    "an authority": ({"k8s_tracing_otlp_ca_file": ""}, "shows a certificate that is not trusted here: set k8s_tra"),
    "no address": ({"k8s_tracing_otlp_grpc_url": "", "k8s_tracing_otlp_http_url": ""}, "no address is given: set"),
    "half a login": ({"k8s_tracing_otlp_password": ""}, "belong together: set both, or none of them."),
}


@pytest.mark.parametrize("case", REFUSED_OUTSIDE)
def test_what_is_wrong_outside_is_named_before_a_run(plays: Plays, pipeline: Stack, tmp_path: Path, case: str) -> None:
    changed, words = REFUSED_OUTSIDE[case]
    outcome = plays.run([call("import_role", "verify", **here(tmp_path))], from_outside(pipeline, **changed))
    assert outcome.code != 0 and words in outcome.failures[-1], outcome.failures
    assert "Read the counters before the run" not in [row["name"].split(" : ")[-1] for row in outcome.tasks]
    assert 'failures="1"' in (tmp_path / "report" / "report.junit.xml").read_text()


@pytest.mark.parametrize("alone", [True, False])
def test_a_proof_sends_traces_for_each_tenant_and_looks_for_them_in_the_others(
    plays: Plays, tmp_path: Path, alone: bool
) -> None:
    """This Tempo knows no tenants, so that each sees what is of the other."""
    other = {"name": "a", "attribute": "k8s.namespace.name", "values": ["shop"], "tenant": "team-a"}
    rest = {"name": "rest", "default": True, "tenant": "everybody"}
    outcome = plays.run(
        [call("import_role", "verify", **here(tmp_path))], {"alloy_routes": [*([] if alone else [other]), rest]}
    )
    if alone:
        lines = outcome.assert_ok().result("Print what was proven")["msg"]
        assert "Tenant everybody: 3 traces by route 'rest' are there." in lines
    else:
        assert outcome.code != 0
        words = "Route 'a' of alloy_routes does not lead to tenant team-a alone: "
        assert words in outcome.failures[-1] and "3 traces are in tenant everybody too" in outcome.failures[-1]


def test_the_id_of_a_run_is_the_proofs_own(plays: Plays, tmp_path: Path) -> None:
    given = {**here(tmp_path), "verify_generate": True}
    outcome = plays.run([call("import_role", "verify", **given)], arguments=["-e", "k6_trace_generator_run_id=mine"])
    assert "k6_trace_generator_run_id is set with -e" in outcome.failures[-1]


def test_who_may_read_the_report_is_an_option(plays: Plays, tmp_path: Path) -> None:
    given = {"k8s_tracing_report_mode": "0640", "k8s_tracing_report_show_attributes": ["*"]}
    options = here(tmp_path)
    del options["verify_report_dir"]
    given["k8s_tracing_report_dir"] = str(tmp_path / "report")
    plays.run([call("import_role", "verify", **options)], given).assert_ok()
    written = tmp_path / "report"
    assert written.stat().st_mode & 0o777 == 0o750
    assert {file.stat().st_mode & 0o777 for file in written.iterdir()} == {0o640}


@pytest.mark.parametrize("how", ["import_role", "include_role"])
def test_in_check_mode_nothing_is_sent_or_written(plays: Plays, tmp_path: Path, how: str) -> None:
    outcome = plays.run([call(how, "verify", **here(tmp_path))], arguments=["--check"]).assert_ok()
    assert "nothing is proven" in outcome.result("Print that nothing is proven in check mode")["msg"]
    assert not (tmp_path / "report").exists()


def test_a_tag_of_the_caller_runs_all_of_it(plays: Plays, tmp_path: Path) -> None:
    tagged = {**call("import_role", "verify", **here(tmp_path)), "tags": ["proof"]}
    outcome = plays.run([tagged], arguments=["--tags", "proof"]).assert_ok()
    assert outcome.result("Print what was proven")["msg"][0].startswith("Proven: ")


def test_a_part_that_is_not_there_is_named(plays: Plays, tmp_path: Path) -> None:
    outcome = plays.run([call("import_role", "verify", **here(tmp_path))], {"tempo_release_name": "nowhere"})
    assert outcome.code != 0
    # No older report speaks for a run that ended early.
    assert 'failures="1"' in (tmp_path / "report" / "report.junit.xml").read_text()
    assert "there is no Service nowhere in namespace observability" in outcome.failures[-1]


@pytest.mark.parametrize(("how", "arguments"), [("import_role", []), ("include_role", ["--check"])])
def test_the_state_from_a_playbook_of_others(plays: Plays, how: str, arguments: list[str]) -> None:
    task = call(how, "status", status_namespace=NAMESPACE, status_seconds=2)
    outcome = plays.run([task], arguments=arguments).assert_ok()
    screen = outcome.result("Print the state of the stack in namespace observability")["msg"]
    assert screen[0].startswith("COMPONENT")
    assert {line.split()[0] for line in screen[1 : screen.index("")]} == {"alloy", "grafana", "prometheus", "tempo"}
    flow = screen[screen.index("") + 1 :]
    assert "out of Alloy unread" not in flow[0] and "lost 0" in flow[0], screen
    assert "Queue of Alloy: 0 waiting" in flow[1], screen
    samples = outcome.result("Query Prometheus through the API server")["json"]["data"]["result"]
    assert {sample["metric"]["figure"] for sample in samples} >= {"cpu", "memory"}
    assert f"Send spans to: alloy.{NAMESPACE}.svc:4317 (gRPC), http://alloy.{NAMESPACE}.svc:4318 (HTTP)" in screen
    assert f"Prometheus: http://prometheus-server.{NAMESPACE}.svc:80" in screen
    assert any(line.startswith("Grafana: http://localhost:3000 while this runs: kubectl") for line in screen)
    assert outcome.changed == 0


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["a run", "check mode"])
def test_an_existing_prometheus_is_checked(plays: Plays, arguments: list[str]) -> None:
    url = f"http://prometheus-server.{NAMESPACE}.svc"
    outcome = plays.run([call("import_role", "prometheus", **existing(url))], arguments=arguments).assert_ok()
    usable = outcome.result("Check that the existing Prometheus accepts what the stack sends")
    assert (usable["reachable"], usable["remote_write"], usable["exemplars"]) == (True, True, True)
    scrapes = outcome.result("Check that the existing Prometheus scrapes Tempo and Alloy")
    assert ("skip_reason" in scrapes) is bool(arguments)
    assert arguments or scrapes["scraped"] == {"tempo": True, "alloy": True}
    assert outcome.changed == 0 and "WARNING]: The Prometheus" not in outcome.text


def existing(url: str, **more: Any) -> dict[str, Any]:
    """Options of the role for a Prometheus that it has not installed."""
    options = {"prometheus_mode": "existing", "prometheus_url": url, "prometheus_namespace": NAMESPACE}
    return {**options, "prometheus_wait": True, **more}


def test_an_existing_prometheus_is_asked_with_the_login_of_a_secret(plays: Plays, pipeline: Stack) -> None:
    """The address is no Service, so that it is asked directly. Without the Secret, nobody is asked."""
    options = existing(pipeline.url("prometheus"), prometheus_auth="basic", prometheus_auth_secret="theirs")
    refused = plays.run([call("import_role", "prometheus", **options)])
    assert refused.code != 0 and "no Secret of that name with the keys username and password" in refused.failures[-1]
    login = {name: base64.b64encode(f"only-{name}".encode()).decode() for name in ("username", "password")}
    plays.cluster.create(f"/api/v1/namespaces/{NAMESPACE}/secrets", {"metadata": {"name": "theirs"}, "data": login})
    outcome = plays.run([call("import_role", "prometheus", **options)], arguments=["-vvv"]).assert_ok()
    assert outcome.result("Check that the existing Prometheus accepts what the stack sends")["reachable"]
    assert "only-password" not in outcome.text and login["password"] not in outcome.text


def test_what_is_no_prometheus_is_named_before_anything_is_done(plays: Plays) -> None:
    url = f"http://tempo.{NAMESPACE}.svc:3200"
    outcome = plays.run([call("import_role", "prometheus", **existing(url))])
    assert outcome.code != 0
    assert outcome.failures[-1].startswith(f"prometheus_url is {url}, which is no Prometheus, or has it below another")


@pytest.mark.parametrize("how", ["import_role", "include_role"])
def test_a_gate_in_a_playbook_of_others(plays: Plays, tmp_path: Path, how: str) -> None:
    options = {
        "gate_namespace": NAMESPACE,
        "gate_services": ["frontend", "cart"],
        # A Service of the cluster, asked through the API server.
        "gate_request_url": f"http://tempo.{NAMESPACE}.svc:3200/api/search?limit=1",
        "gate_report_dir": str(tmp_path / "report"),
        "gate_timeout": 60,
    }
    after = {
        "name": "Use the result",
        "ansible.builtin.assert": {"that": ["gate_check.satisfied", "gate_report.proven"]},
    }
    outcome = plays.run([call(how, "gate", **options), after]).assert_ok()
    assert outcome.result("Send a request to a Service of the cluster")["status"] == 200
    assert "traces of frontend, cart arrived." in outcome.result("Fail unless the traces arrived")["msg"]
    assert outcome.changed == 0
    written = tmp_path / "report"
    assert {file.stat().st_mode & 0o777 for file in (written, *written.iterdir())} == {0o700, 0o600}


def test_a_gate_stops_who_is_not_traced_and_proves_nothing_in_check_mode(plays: Plays, tmp_path: Path) -> None:
    given = {"gate_namespace": NAMESPACE, "gate_services": ["nobody"], "gate_timeout": 5}
    given["gate_report_dir"] = str(tmp_path / "report")
    checked = plays.run([call("import_role", "gate", **given)], arguments=["--check"]).assert_ok()
    assert "nothing is proven" in checked.result("Print that nothing is proven in check mode")["msg"]
    assert not (tmp_path / "report").exists()
    outcome = plays.run([call("import_role", "gate", **given)])
    assert outcome.code != 0 and "nobody" in outcome.failures[-1]
    assert "<failure" in (tmp_path / "report" / "report.junit.xml").read_text()


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "a type": ("verify", {"k8s_tracing_verify_rate": "banana"}, "k8s_tracing_verify_rate is 'banana': give a number."),
    "a range": ("verify", {"verify_rate": 0}, "verify_rate is 0: give more than 0, and no more than 100000."),
    "a length": ("verify", {"verify_duration": "10"}, "verify_duration is '10': give a length of time above 0"),
    "a switch": (
        "verify",
        {"k8s_tracing_verify_metrics": "perhaps"},
        "k8s_tracing_verify_metrics is 'perhaps': give true",
    ),
    "a mode": ("verify", {"k8s_tracing_report_mode": "644"}, "k8s_tracing_report_mode is '644': write the mode"),
    "a list": (
        "verify",
        {"verify_report_show_attributes": "a"},
        "verify_report_show_attributes is 'a': give a list, on the command line",
    ),
    "a slip": ("verify", {"verify_tiemout": 5}, "verify_tiemout is no setting: did you mean verify_timeout?"),
    "no service": ("gate", {}, "gate_services is empty: name the services"),
    "an address": ("gate", {"gate_request_url": "shop/book"}, "gate_request_url is 'shop/book': give an address"),
    "a share": ("gate", {"gate_max_error_rate": 5}, "gate_max_error_rate is 5: give 0 to 1."),
    "no trace": ("upgrade", {"k8s_tracing_upgrade_traces": 0}, "k8s_tracing_upgrade_traces is 0: give 1 to 1000."),
    "seconds": ("status", {"k8s_tracing_status_seconds": "soon"}, "k8s_tracing_status_seconds is 'soon': give a whole"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_named_before_anything_is_done(plays: Plays, case: str) -> None:
    role, given, words = WRONG[case]
    how = "include_role" if case == "a type" else "import_role"
    outcome: Outcome = plays.run([call(how, role)], given)
    assert outcome.code != 0
    assert outcome.failures[-1].startswith(words), json.dumps(outcome.failures)
    last = [row["name"] for row in outcome.tasks][-1]
    assert last.endswith((f"Validate the options of {role}", "Assert that there is something to prove"))
