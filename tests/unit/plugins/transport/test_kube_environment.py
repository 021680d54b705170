# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection for all that acts, and answers that no Kubernetes API gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import connection_environment
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import Way, find_way
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import (
    ELSEWHERE,
    HELM_ELSEWHERE,
    connection,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.proxy import environment_proxies
from fakes import FakeApiConnection, answer

PATH = "/apis/storage.k8s.io/v1/storageclasses"
STATUS = {"kind": "Status", "apiVersion": "v1", "message": "no"}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ELSEWHERE, "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def way(folder: Path, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Way:
    content = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": {"server": "https://one.test:6443", **(cluster or {})}}],
        "users": [{"name": "one", "user": user or {}}],
    }
    (folder / "config").write_text(yaml.safe_dump(content))
    return find_way(str(folder / "config"), "")


@pytest.mark.case("B1")
def test_everybody_is_told_the_same_and_no_secret(tmp_path: Path) -> None:
    found = connection(way(tmp_path, user={"token": "s3cret"}), {"HELM_KUBETOKEN": "other"})
    variables = found["environment"]
    config = str(tmp_path / "config")
    assert (found["kubeconfig"], found["context"], found["server"]) == (config, "one", "https://one.test:6443")
    assert (variables["KUBECONFIG"], variables["K8S_AUTH_KUBECONFIG"]) == (config, "")
    assert variables["HELM_KUBECONTEXT"] == variables["K8S_AUTH_CONTEXT"] == "one"
    assert {variables[name] for name in HELM_ELSEWHERE} == {""}
    assert "s3cret" not in str(found)


@pytest.mark.case("B1")
@pytest.mark.parametrize("name", [*ELSEWHERE, "K8S_AUTH_PROXY", "K8S_AUTH_IMPERSONATE_USER"])
def test_a_second_connection_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TracingError, match=f"{name} is set. Only a part"):
        connection(way(tmp_path), {name: "x"})


def test_own_variables_are_no_second_connection(tmp_path: Path) -> None:
    found = way(tmp_path, {"proxy-url": "http://p.test:1"}, {"as": "me", "as-groups": ["a", "b"]})
    variables = connection(found, {})["environment"]
    assert variables["K8S_AUTH_PROXY"] == "http://p.test:1"
    assert (variables["K8S_AUTH_IMPERSONATE_USER"], variables["K8S_AUTH_IMPERSONATE_GROUPS"]) == ("me", "a,b")
    assert connection(found, variables)["environment"] == variables


def test_who_somebody_acts_as_must_be_known_to_all(tmp_path: Path) -> None:
    with pytest.raises(TracingError, match="Impersonate-Uid"):
        connection(way(tmp_path, user={"as": "me", "as-uid": "1"}), {})
    with pytest.raises(TracingError, match="as-groups of user 'one' is not a list"):
        way(tmp_path, user={"as-groups": "a"})


@pytest.mark.case("B3")
def test_a_proxys_login_comes_from_the_environment_and_is_not_handed_on(tmp_path: Path) -> None:
    found = way(tmp_path, {"proxy-url": "http://u:s3cret@p.test:1"})
    with pytest.raises(TracingError, match="K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH") as caught:
        connection(found, {})
    assert "s3cret" not in str(caught.value)
    told = connection(found, {"K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": "u:s3cret"})
    assert told["proxy"] == told["environment"]["K8S_AUTH_PROXY"] == "http://p.test:1" and "s3cret" not in str(told)


@pytest.mark.case("B3")
def test_proxies_of_the_environment_are_those_that_go_knows() -> None:
    environment = {"HTTPS_PROXY": "a", "https_proxy": "b", "http_proxy": "c", "ALL_PROXY": "d", "no_proxy": "e"}
    assert environment_proxies(environment) == {"https": "a", "http": "c", "no": "e"}


def test_the_variables_of_a_role() -> None:
    known = {"tempo": {"asked": ["", "b"], "environment": {"KUBECONFIG": "/k"}}}
    assert connection_environment(known, "tempo", "", "b") == {"KUBECONFIG": "/k"}
    assert connection_environment(known, "alloy", None, None) == {}
    other = {"K8S_AUTH_CONTEXT": "c", "HELM_KUBECONTEXT": "c"}
    assert connection_environment(known, "tempo", "", "c") == other
    with pytest.raises(AnsibleFilterError, match="by role"):
        connection_environment("x", "tempo")


def foreign(status: int, body: str, content_type: str, **headers: str) -> Response:
    return Response(status, {"content-type": content_type, **headers}, body.encode())


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("found", "said"),
    [
        (foreign(404, "not found", "text/plain"), "it sent|sent 404 with text/plain"),
        (foreign(200, "<html><title>\n Log in</title>", "text/html; charset=utf-8"), "text/html, titled 'Log in'"),
        (foreign(200, '{"items": []}', "application/json"), "200 with application/json"),
        (foreign(200, "", ""), "200 with no content type"),
        (foreign(302, "", "text/html", location="https://login.test"), "302 to https://login.test"),
        (foreign(401, "<title>Sign in</title>", "text/html"), "401 with text/html, titled 'Sign in'"),
        (foreign(500, '{"kind": "Other"}', "application/json"), "500 with application/json"),
    ],
)
def test_what_is_no_kubernetes_is_said_to_be_none(found: Response, said: str) -> None:
    api = KubeApi(FakeApiConnection({PATH: found, "/version": found}))
    with pytest.raises(TracingError, match=said) as caught:
        api.items(PATH)
    assert caught.value.kind == "not_kubernetes" and "No Kubernetes API answers at" in caught.value.message


@pytest.mark.case("A4")
def test_behind_a_gateway_that_takes_the_mark_away() -> None:
    version = foreign(200, '{"gitVersion": "v1.34.4"}', "application/json")
    server = FakeApiConnection({PATH: foreign(404, "404 page not found", "text/plain"), "/version": version})
    assert KubeApi(server).items(PATH) == [] and KubeApi(server).items(PATH) == []
    assert [path for _method, path, _params, _body in server.asked] == [PATH, "/version", PATH]
    closed = FakeApiConnection({PATH: foreign(404, "", "text/plain"), "/version": answer(STATUS, 403)})
    assert KubeApi(closed).items(PATH) == []


@pytest.mark.case("A4")
def test_a_gateway_that_wants_a_login_is_told_by_its_own_words() -> None:
    wanted = foreign(401, '{"message": "must authenticate"}', "application/json")
    with pytest.raises(TracingError, match="must authenticate") as caught:
        KubeApi(FakeApiConnection({PATH: wanted, "/version": wanted})).items(PATH)
    assert caught.value.kind == "unauthorized"
