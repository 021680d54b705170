# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``traceparent`` of a contract's request on its way through the real service proxy of the API server.

No pod runs here. A program of this test stands behind the Service, by an object that says of a pod that it is ready at
an address of this machine. To one of the loopback the API server would send nothing.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.options import CONTRACT_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.send import Sent, make_requests
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from api_server import ApiServer

CONTRACT = "version: 1\ncases: [{name: one, request: {path: /book}, services: [shop]}]\n"
# With it the API server makes spans of its own.
TRACING = """\
apiVersion: apiserver.config.k8s.io/v1beta1
kind: TracingConfiguration
endpoint: 127.0.0.1:{port}
samplingRatePerMillion: 1000000
"""


@pytest.fixture(scope="module")
def tracing_cluster(tmp_path_factory: pytest.TempPathFactory, cluster: ApiServer) -> Iterator[ApiServer]:
    """One whose API server is traced itself; ``cluster`` has looked for the programs."""
    folder = tmp_path_factory.mktemp("cluster-traced")
    with socket.create_server(("127.0.0.1", 0)) as collector:
        (folder / "tracing.yml").write_text(TRACING.format(port=collector.getsockname()[1]))
        server = ApiServer(folder, "traced", (f"--tracing-config-file={folder / 'tracing.yml'}",))
        server.start()
        # It connects when it has spans to send.
        collector.settimeout(60)
        with collector.accept()[0]:
            yield server
        server.stop()


def own_address() -> str:
    """The address by which this machine would send to another network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        try:
            found.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but that of its loopback")
        return str(found.getsockname()[0])


@contextmanager
def application(address: str) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Its port, and the headers of each request."""
    seen: list[dict[str, str]] = []

    class Application(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer((address, 0), Application)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port, seen
    server.shutdown()
    server.server_close()


def make_service(cluster: ApiServer, namespace: str, address: str, port: int) -> None:
    """A Service with a pod that is ready, as far as the API server knows."""
    objects = f"/api/v1/namespaces/{namespace}"
    labels = {"app": "shop"}
    ports = [{"port": 8080, "targetPort": port}]
    cluster.create(f"{objects}/services", {"metadata": {"name": "shop"}, "spec": {"selector": labels, "ports": ports}})
    spec = {"nodeName": "nowhere", "containers": [{"name": "shop", "image": "shop"}]}
    cluster.create(f"{objects}/pods", {"metadata": {"name": "shop", "labels": labels}, "spec": spec})
    pod = cluster.ask("GET", f"{objects}/pods/shop").content
    ready = [{"type": "Ready", "status": "True"}]
    pod["status"] = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": ready}
    answer = cluster.ask("PUT", f"{objects}/pods/shop/status", pod)
    assert answer.status == 200, answer.content.get("message")
    until = time.monotonic() + 60
    while not cluster.ask("GET", f"{objects}/endpoints/shop").content.get("subsets"):
        assert time.monotonic() < until, "the Service had no endpoint for 60 s"
        time.sleep(0.2)


def send(cluster: ApiServer, namespace: str) -> Sent:
    """As the module trace_contract_check does."""
    specs = {**TEMPO_ARGUMENTS, **CONTRACT_ARGUMENTS}
    params: dict[str, Any] = {name: spec.get("default") for name, spec in specs.items()}
    params |= {"request_url": f"http://shop.{namespace}.svc:8080", "kubeconfig": str(cluster.kubeconfig)}
    contract = parse_contract(CONTRACT, "contract.yml")
    (case,) = contract.cases
    assert case.request
    return make_requests(params, contract).send(case.request, 30)


@pytest.mark.parametrize("kind", ["cluster", "tracing_cluster"])
def test_a_traceparent_passes_the_api_server_unchanged(request: pytest.FixtureRequest, kind: str) -> None:
    cluster: ApiServer = request.getfixturevalue(kind)
    namespace = cluster.make_namespace("traceparent")
    address = own_address()
    with application(address) as (port, seen):
        make_service(cluster, namespace, address, port)
        sent = send(cluster, namespace)
    cluster.remove_namespace(namespace)
    assert sent.wrong == ""
    (headers,) = seen
    assert headers["traceparent"] == f"00-{sent.trace_id}-{sent.span_id}-01"
    assert "tracestate" not in headers and "authorization" not in headers
