"""service_uri against a real HTTP server that plays the Kubernetes API server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import ARGUMENTS, ask

PREFIX = "/api/v1/namespaces/tracing/services/grafana:80/proxy"


class ApiServer(BaseHTTPRequestHandler):
    """Answers as a Grafana behind the service proxy would, and keeps what it was asked."""

    seen: list[dict[str, Any]]

    def answer(self, status: int, body: object, cookies: tuple[str, ...] = ()) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Audit-Id", "1")
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.seen.append({"method": "GET", "path": self.path, "cookie": self.headers.get("Cookie")})
        if self.path == f"{PREFIX}/api/datasources":
            self.answer(200, [{"uid": "tempo"}])
        elif self.path == f"{PREFIX}/missing":
            self.answer(404, {"message": "not found"})
        else:
            status = {"kind": "Status", "apiVersion": "v1", "message": 'no endpoints available for service "grafana"'}
            self.answer(503, status)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append({"method": "POST", "path": self.path, "body": body, "type": self.headers["Content-Type"]})
        self.answer(200, {"message": "Logged in"}, ("session=abc; Path=/; HttpOnly", "expiry=1; Path=/"))

    def do_DELETE(self) -> None:
        self.seen.append({"method": "DELETE", "path": self.path})
        self.answer(200, {"message": "Data source deleted"})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append({"method": "PUT", "path": self.path, "body": body})
        self.answer(200, {"message": "Datasource updated"})

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A kubeconfig for the server, and what the server was asked."""
    ApiServer.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )
    yield str(kubeconfig), ApiServer.seen
    server.shutdown()
    server.server_close()


def options(kubeconfig: str, **given: Any) -> dict[str, Any]:
    defaults = {name: argument.get("default") for name, argument in ARGUMENTS.items()}
    return {**defaults, "kubeconfig": kubeconfig, "service": "grafana", "service_port": 80, **given}


def test_a_login_posts_json_and_returns_the_cookie(api: tuple[str, list[dict[str, Any]]]) -> None:
    kubeconfig, seen = api
    answer = ask(options(kubeconfig, path="/login", body={"user": "admin", "password": "p"}))
    assert answer["cookie"] == "session=abc; expiry=1"
    assert answer["json"] == {"message": "Logged in"}
    assert seen == [
        {
            "method": "POST",
            "path": f"{PREFIX}/login",
            "body": {"user": "admin", "password": "p"},
            "type": "application/json",
        }
    ]


def test_headers_reach_the_service(api: tuple[str, list[dict[str, Any]]]) -> None:
    kubeconfig, seen = api
    answer = ask(options(kubeconfig, path="/api/datasources", headers={"Cookie": "grafana_session=abc"}))
    assert answer["json"] == [{"uid": "tempo"}]
    assert answer["cookie"] == ""
    assert seen[0]["cookie"] == "grafana_session=abc"


def test_a_login_that_the_api_server_keeps_is_not_sent(api: tuple[str, list[dict[str, Any]]]) -> None:
    kubeconfig, seen = api
    with pytest.raises(TracingError, match="Authorization does not reach service tracing/grafana:80"):
        ask(options(kubeconfig, path="/api/datasources", headers={"authorization": "Bearer s3cret-w"}))
    assert seen == []


def test_a_named_method_is_sent_and_changes(api: tuple[str, list[dict[str, Any]]]) -> None:
    kubeconfig, seen = api
    assert ask(options(kubeconfig, path="/uid/a", method="PUT", body={"name": "A"}))["changed"] is True
    assert ask(options(kubeconfig, path="/uid/a", method="DELETE"))["changed"] is True
    assert ask(options(kubeconfig, path="/api/datasources", method="GET"))["changed"] is False
    assert [item["method"] for item in seen] == ["PUT", "DELETE", "GET"]
    assert seen[0] == {"method": "PUT", "path": f"{PREFIX}/uid/a", "body": {"name": "A"}}


def test_check_mode_reads_and_posts_a_query_but_sends_no_named_change(api: tuple[str, list[dict[str, Any]]]) -> None:
    kubeconfig, seen = api
    assert ask(options(kubeconfig, path="/uid/a", method="DELETE"), check_mode=True) == {"changed": True}
    assert seen == []
    assert ask(options(kubeconfig, path="/login", body={}), check_mode=True)["changed"] is False
    assert len(seen) == 1


def test_a_wrong_status_is_an_error_that_quotes_the_answer(api: tuple[str, list[dict[str, Any]]]) -> None:
    with pytest.raises(TracingError, match=r"answered 404 to /missing.*not found") as caught:
        ask(options(api[0], path="/missing"))
    assert caught.value.kind == "wrong_status"
    assert ask(options(api[0], path="/missing", status_code=[404]))["status"] == 404


def test_the_api_servers_own_refusal_is_told_apart(api: tuple[str, list[dict[str, Any]]]) -> None:
    with pytest.raises(TracingError) as caught:
        ask(options(api[0], path="/ready"))
    assert caught.value.kind == "no_endpoints"
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"path": "ready"}, "path"),
        ({"path": "/a b"}, "path"),
        ({"service": "Gra fana"}, "service"),
        ({"namespace": "../x"}, "namespace"),
        ({"service_port": 70000}, "service_port"),
        ({"request_timeout": 0.0}, "request_timeout"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(
    api: tuple[str, list[dict[str, Any]]], given: dict[str, Any], names: str
) -> None:
    kubeconfig, seen = api
    with pytest.raises(TracingError, match=names):
        ask(options(kubeconfig, **given))
    assert seen == []
