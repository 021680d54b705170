# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs: which files, what they say together, and what is left to the Kubernetes client."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.access import (
    Access,
    NeedsClient,
    Pem,
    authorization,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kubeconfig import (
    kubeconfig_files,
    pod_access,
    read_access,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.proxy import proxy_for

SECRET = "s3cret-word"


def config(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, name: str = "one", **more: Any
) -> dict[str, Any]:
    """A kubeconfig with one context; JSON is YAML."""
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.test:6443", **(cluster or {})}}],
        "users": [{"name": name, "user": user or {}}],
        **more,
    }


def written(folder: Path, content: Any, name: str = "config") -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def read(folder: Path, content: Any, context: str = "", proxies: dict[str, str] | None = None) -> Access:
    return read_access([written(folder, content)], context, proxies or {})


def refusal(folder: Path, content: Any, context: str = "") -> TracingError:
    with pytest.raises(TracingError) as caught:
        read(folder, content, context)
    assert str(folder / "config") in caught.value.message
    assert SECRET not in str(caught.value)
    assert not caught.value.retryable
    return caught.value


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_everything_a_kubeconfig_says_about_a_context(tmp_path: Path) -> None:
    cluster = {
        "certificate-authority-data": b64("CA"),
        "insecure-skip-tls-verify": False,
        "tls-server-name": "api.test",
        "proxy-url": "http://proxy.test:3128",
        "extensions": [{"name": "minikube"}],
        "disable-compression": True,
    }
    user = {
        "client-certificate": "certs/me.pem",
        "client-key-data": b64("KEY"),
        "token": f" {SECRET}\n",
        "tokenFile": "token",
        "username": "me",
        "password": SECRET,
        "exec": None,
        "as": "",
    }
    path = written(tmp_path, config(cluster, user))
    access = read_access([path], "", {})
    assert access == Access(
        f"The kubeconfig {path}",
        "https://one.test:6443",
        ca=Pem(data=b"CA"),
        server_name="api.test",
        certificate=Pem(str(tmp_path / "certs/me.pem")),
        key=Pem(data=b"KEY"),
        token=SECRET,
        token_file=str(tmp_path / "token"),
        username="me",
        password=SECRET,
        proxy="http://proxy.test:3128",
        proxy_from="proxy-url in the kubeconfig",
        namespace="ns-one",
        context="one",
    )
    assert SECRET not in repr(access) and "KEY" not in repr(access) and "proxy" in access.proxy


def test_the_first_of_several_files_wins_and_paths_are_relative_to_their_own(tmp_path: Path) -> None:
    first = written(tmp_path / "a", config({"certificate-authority": "ca.pem"}, {"tokenFile": "/run/token"}))
    both = config({"certificate-authority": "other.pem"}, name="one")
    both["contexts"] += config(name="two")["contexts"]
    both["clusters"] += config({"certificate-authority": "../ca.pem"}, name="two")["clusters"]
    both["users"] += config(user={"client-certificate": "me.pem"}, name="two")["users"]
    both["current-context"] = "two"
    files = [str(tmp_path / "none"), written(tmp_path / "empty", ""), first, written(tmp_path / "b", both)]
    one, two = read_access(files, "", {}), read_access(files, "two", {})
    assert (one.server, one.ca.file, one.token_file) == (
        "https://one.test:6443",
        str(tmp_path / "a/ca.pem"),
        "/run/token",
    )
    assert Path(two.ca.file).resolve() == tmp_path / "ca.pem"
    assert two.certificate.file == str(tmp_path / "b/me.pem")
    assert os.pathsep.join(files) in two.origin


def test_data_goes_before_a_file_and_may_be_wrapped(tmp_path: Path) -> None:
    given = {"certificate-authority": "ca.pem", "certificate-authority-data": "Q0\nE="}
    assert read(tmp_path, config(given)).ca == Pem(data=b"CA")
    given["certificate-authority-data"] = ""
    assert read(tmp_path, config(given)).ca == Pem(str(tmp_path / "ca.pem"))


def test_a_context_without_a_user_asks_as_nobody(tmp_path: Path) -> None:
    contexts = [{"name": "one", "context": {"cluster": "one"}}]
    access = read(tmp_path, config(user={"token": SECRET}, contexts=contexts))
    assert (access.token, access.namespace, authorization(access)) == ("", "", "")


@pytest.mark.parametrize(
    ("cluster", "user", "server"),
    [
        ({"server": "https://h.test/prefix/"}, {}, "https://h.test/prefix"),
        ({"server": "h.test:6443"}, {}, "http://h.test:6443"),
        ({"server": "h.test", "certificate-authority": "ca"}, {}, "https://h.test"),
        ({"server": "h.test", "insecure-skip-tls-verify": True}, {}, "https://h.test"),
        ({"server": "h.test"}, {"client-certificate": "c"}, "https://h.test"),
        ({"server": "https://[::1]:6443"}, {}, "https://[::1]:6443"),
    ],
)
def test_servers_as_kubectl_takes_them(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], server: str
) -> None:
    access = read(tmp_path, config(cluster, user))
    assert (access.server, access.verify) == (server, "insecure-skip-tls-verify" not in cluster)


@pytest.mark.parametrize(
    ("cluster", "user", "named"),
    [
        ({}, {"exec": {"command": "aws"}}, "exec"),
        ({}, {"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"new-thing": 1}, {}, "new-thing"),
        ({"proxy-url": "socks5://p.test"}, {}, "socks5"),
        ({"proxy-url": "https://p.test"}, {}, "https"),
    ],
)
def test_what_is_left_to_the_client(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], named: str) -> None:
    with pytest.raises(NeedsClient) as caught:
        read(tmp_path, config(cluster, user))
    assert named in str(caught.value) and SECRET not in str(caught.value)
    assert caught.value.access and caught.value.access.context == "one"


def test_no_yaml_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(NeedsClient, match="PyYAML"):
        read(tmp_path, config())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "sets no current-context. Set context. It has: none"),
        (f"token: {SECRET}\n  no yaml: [", "mapping values are not allowed"),
        ("just text", "holds no mapping"),
        ("- a list", "holds no mapping"),
        ("\x00", "cannot be used"),
        ({"clusters": {"one": 1}}, "clusters is not a list of mappings"),
        ({"users": ["one"]}, "users is not a list of mappings"),
        ({"contexts": [{"name": 1}]}, "each of contexts takes a name"),
        ({"contexts": [{"name": "one", "context": "one"}]}, "each of contexts takes a name"),
        (config(**{"current-context": ["one"]}), "current-context of"),
        (config(**{"current-context": "gone"}), "its current-context 'gone' is not there. Set context. It has: one."),
        (config(clusters=[]), "context 'one' names the cluster 'one', which is not there"),
        (config(users=None), "context 'one' names the user 'one', which is not there"),
        (config({"server": ""}), "server of cluster 'one' is not an http or https URL"),
        (config({"server": "ftp://h"}), "server of cluster 'one' is not an http or https URL"),
        (config({"server": "https://h:0"}), "server of cluster 'one' is not an http or https URL"),
        (config({"server": "https://h:99999"}), "Port out of range"),
        (config({"tls-server-name": "a..b"}), "tls-server-name of cluster 'one' is not the name of a host"),
        (config({"tls-server-name": "a b"}), "tls-server-name of cluster 'one' is not the name of a host"),
        (config({"tls-server-name": "a\x00"}), "tls-server-name of cluster 'one' is not the name of a host"),
        (config({"tls-server-name": "a" * 254}), "tls-server-name of cluster 'one' is not the name of a host"),
        (config({"server": f"https://u:{SECRET}@h.test"}), "server of cluster 'one' holds a login: write username"),
        (config({"server": f"https://u:{SECRET}/x@h.test"}), "server of cluster 'one' holds a login"),
        (config({"server": 6443}), "server of cluster 'one' is not text; put it in quotes"),
        (config({"insecure-skip-tls-verify": "no"}), "insecure-skip-tls-verify of cluster 'one' is neither"),
        (config({"insecure-skip-tls-verify": 1}), "insecure-skip-tls-verify of cluster 'one' is neither"),
        (config({"certificate-authority-data": SECRET}), "certificate-authority-data of cluster 'one' is not base64"),
        (config(user={"token": 12345}), "token of user 'one' is not text; put it in quotes"),
        (config(user={"client-key": "k"}), "client-key of user 'one' is set without client-certificate"),
    ],
)
def test_what_cannot_be_right_is_named(tmp_path: Path, content: Any, said: str) -> None:
    error = refusal(tmp_path, content)
    assert error.kind == "kubeconfig_invalid"
    assert said in str(error) and SECRET not in str(error)
    assert error.fix


BAD_PROXIES = [
    f"http://u:{SECRET}@p.test:port",
    f"http://u:{SECRET}@p.test:99999",
    f"http://u:{SECRET}@p.test:0",
    f"http://u:{SECRET}@:3128",
    f"http://u:{SECRET}@[::1",
    f"http://u:{SECRET}@a..b:1",
    f"ftp://u:{SECRET}@p.test:1",
]


@pytest.mark.parametrize("proxy", BAD_PROXIES)
def test_a_proxy_that_leads_nowhere_is_refused_without_its_login(tmp_path: Path, proxy: str) -> None:
    error = refusal(tmp_path, config({"proxy-url": proxy}))
    assert error.kind == "proxy_invalid" and SECRET not in str(error)
    assert "proxy-url is not the address of a proxy." in error.message
    with pytest.raises(TracingError, match="HTTPS_PROXY is not the address of a proxy") as caught:
        read(tmp_path, config(), proxies={"https": proxy})
    assert SECRET not in str(caught.value)


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    error = refusal(tmp_path, config(), "two")
    assert (error.kind, error.fix) == ("kubeconfig_context", "It has: one.")
    assert "has no context 'two'" in error.message


def test_a_folder_among_the_files(tmp_path: Path) -> None:
    with pytest.raises(TracingError, match="directory") as caught:
        read_access([written(tmp_path, config()), str(tmp_path)], "", {})
    assert caught.value.kind == "kubeconfig_invalid"


def test_the_files_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    one, two = written(tmp_path, config(), "one"), written(tmp_path, config(), "two")
    assert kubeconfig_files(one, {"KUBECONFIG": two}) == [one]
    assert kubeconfig_files("", {"KUBECONFIG": f"~/gone:{two}:"}) == [str(tmp_path / "gone"), two]
    in_pod = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert kubeconfig_files("", in_pod) == []
    default = written(tmp_path / ".kube", config())
    assert kubeconfig_files("", in_pod) == kubeconfig_files("", {}) == [default]


def test_no_file_says_what_else_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for option, environ in (("", {}), (str(tmp_path), {}), ("", {"KUBECONFIG": "/gone"})):
        with pytest.raises(TracingError) as caught:
            kubeconfig_files(option, environ, ", or give url instead")
        assert caught.value.kind == "kubeconfig_missing"
        assert caught.value.fix.endswith("to a readable file, or give url instead.")


def test_the_service_account_of_a_pod(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    for missing, name in (("token", "token"), ("ca.crt", "ca.crt"), ("", "namespace")):
        if missing:
            with pytest.raises(TracingError, match=missing) as caught:
                pod_access(environ, {}, tmp_path)
            assert caught.value.kind == "kubeconfig_invalid"
        else:
            assert pod_access(environ, {}, tmp_path).namespace == ""
        (tmp_path / name).write_text("tracing\n")
    access = pod_access(environ, {}, tmp_path)
    assert (access.server, access.namespace, access.ca.file) == (
        "https://[fd00::1]:443",
        "tracing",
        str(tmp_path / "ca.crt"),
    )
    assert authorization(access) == "Bearer tracing"
    assert pod_access({**environ, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {}, tmp_path).server == "https://10.0.0.1:443"
    with pytest.raises(TracingError, match="KUBERNETES_SERVICE_PORT"):
        pod_access({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {}, tmp_path)


def test_who_asks(tmp_path: Path) -> None:
    assert authorization(Access("it", "s", token=SECRET, username="u")) == f"Bearer {SECRET}"
    assert authorization(Access("it", "s", username="ü", password="p:")) == f"Basic {b64('ü:p:')}"
    file = tmp_path / "token"
    access = Access("it", "s", token="old", token_file=str(file))
    for token in ("first", "second"):
        file.write_text(f"{token}\n")
        assert authorization(access) == f"Bearer {token}"


@pytest.mark.parametrize("content", [None, b"", b"\xff", f"{SECRET}\r\nX: y".encode(), f"{SECRET}ä".encode()])
def test_tokens_that_cannot_be_sent_are_not_repeated(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TracingError) as caught:
        authorization(Access("The kubeconfig k", "s", token_file=str(file)))
    assert caught.value.kind == "kubeconfig_invalid"
    assert SECRET not in str(caught.value)


PROXIES = {"https": "http://p.test:1", "no": "10.0.0.0/8, .corp.test,h.test:8443, fd00::1, own.test"}


@pytest.mark.parametrize(
    ("server", "own", "proxies", "proxy"),
    [
        ("https://api.test", "", {}, ""),
        ("https://api.test", "", PROXIES, "http://p.test:1"),
        ("http://api.test", "", PROXIES, ""),
        ("http://api.test", "", {"http": "p.test:2"}, "http://p.test:2"),
        # What is not for all schemes is a notion of others than kubectl and helm.
        ("http://api.test", "", {"all": "p.test:2"}, ""),
        ("https://api.test", "http://own.test", PROXIES, "http://own.test"),
        # NO_PROXY is about the proxies of the environment, and so is this machine.
        ("https://10.1.2.3:6443", "http://own.test", PROXIES, "http://own.test"),
        ("https://127.0.0.1:6443", "own.test:1", PROXIES, "http://own.test:1"),
        ("https://127.0.0.1:6443", "", PROXIES, ""),
        ("https://127.9.9.9:6443", "", PROXIES, ""),
        ("https://localhost:6443", "", PROXIES, ""),
        ("https://localhost.test:6443", "", PROXIES, "http://p.test:1"),
        ("https://[fd00::1]:6443", "", PROXIES, ""),
        ("https://10.1.2.3:6443", "", PROXIES, ""),
        ("https://11.1.2.3:6443", "", PROXIES, "http://p.test:1"),
        ("https://[::1]:6443", "", PROXIES, ""),
        ("https://api.corp.test", "", PROXIES, ""),
        ("https://corp.test", "", PROXIES, "http://p.test:1"),
        ("https://own.test", "", PROXIES, ""),
        ("https://a.own.test", "", PROXIES, ""),
        ("https://notcorp.test", "", PROXIES, "http://p.test:1"),
        ("https://h.test:8443", "", PROXIES, ""),
        ("https://a.h.test:8443", "", PROXIES, ""),
        ("https://h.test", "", PROXIES, "http://p.test:1"),
        ("https://h.test", "", {**PROXIES, "no": "*"}, ""),
    ],
)
def test_the_proxy_on_the_way(server: str, own: str, proxies: dict[str, str], proxy: str) -> None:
    assert proxy_for(server, own, proxies) == proxy


def test_neither_the_client_nor_urllib3_is_imported() -> None:
    """A process of its own: others in this one may have imported them."""
    name = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options"
    code = f"import conftest, importlib, sys; importlib.import_module({name!r}); print(*sys.modules)"
    tests = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=tests, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert name in loaded
    assert not {"kubernetes", "urllib3", "requests"} & set(loaded)
