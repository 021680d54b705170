# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kubernetes cluster without nodes: etcd, kube-apiserver and kube-controller-manager as processes on loopback.

Everything up to the pods is real: Helm, permissions, quotas, admission, name limits, owners, namespaces. No pod ever
runs. The same is known from controller-runtime as envtest.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopback import free_ports, program, running

# Another version than the test bed's, such as 1.36: see the pins for which.
VERSION = os.environ.get("API_SERVER_VERSION", "")
API_SERVER, MANAGER = (
    f"{name}-{VERSION}" if VERSION else name for name in ("kube-apiserver", "kube-controller-manager")
)
PROGRAMS = ("etcd", API_SERVER, MANAGER, "helm")
ADMIN_TOKEN = "admin-token"
# The token of a user is its name with this behind it.
TOKEN_SUFFIX = "-token"
# Users of tests, who may do nothing but what a test grants them.
USERS = ("limited", "other")
DEFAULT_CLASS = {
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "example.com/none",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if program(name) is None]


@dataclass(frozen=True)
class Answer:
    """What the API server answered; ``content`` is its JSON."""

    status: int
    content: dict[str, Any]


class ApiServer:
    """One cluster, whose files lie in ``folder``. ``kubeconfig`` is its administrator's.

    ``flags`` are further ones of kube-apiserver.
    """

    def __init__(self, folder: Path, name: str = "one", flags: Sequence[str] = ()) -> None:
        self.folder = folder
        self.name = name
        self._flags = flags
        folder.mkdir(parents=True, exist_ok=True)
        self._etcd, self._etcd_peer, self.port, self._manager = free_ports(4)
        self.url = f"https://127.0.0.1:{self.port}"
        self.kubeconfig = folder / "kubeconfig"
        self._certificates = folder / "certificates"
        self._stack = ExitStack()

    def start(self) -> None:
        """Up in some five seconds; ``AssertionError`` with the end of the log when one does not come up."""
        with ExitStack() as starting:
            self._make_keys()
            starting.enter_context(self._run_etcd())
            starting.enter_context(self._run_api_server())
            self.write_kubeconfig(self.kubeconfig)
            starting.enter_context(self._run_controller_manager())
            self._wait_for_service_accounts()
            self.create("/apis/storage.k8s.io/v1/storageclasses", DEFAULT_CLASS)
            self._stack = starting.pop_all()

    def stop(self) -> None:
        self._stack.close()

    @property
    def ca(self) -> Path:
        """The API server signs its own certificate, which is so its own authority."""
        return self._certificates / "apiserver.crt"

    def write_kubeconfig(
        self,
        path: Path,
        *,
        user: str = "admin",
        context: str = "",
        cluster: Mapping[str, Any] | None = None,
        credentials: Mapping[str, Any] | None = None,
    ) -> Path:
        """A kubeconfig of one context, by default named as this cluster.

        ``cluster`` and ``credentials`` replace what stands in it about the cluster and its user.
        """
        name = context or self.name
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [
                {"name": name, "cluster": cluster or {"server": self.url, "certificate-authority": str(self.ca)}}
            ],
            "users": [{"name": name, "user": credentials or {"token": user + TOKEN_SUFFIX}}],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        # As JSON: PyYAML leaves texts such as 1e3 without the quotes that they need elsewhere.
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return path

    def ask(self, method: str, path: str, body: Any = None, user: str = "admin") -> Answer:
        """One request, with JSON in and out."""
        headers = {"Authorization": f"Bearer {user}{TOKEN_SUFFIX}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.ca))
        handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=30) as answer:
                return Answer(answer.status, json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read()))

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.ask("POST", path, body)
        assert answer.status in (200, 201, 202), answer.content.get("message")
        return answer.content

    def names(self, path: str) -> list[str]:
        """The names of what a list at ``path`` holds."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.content.get("message")
        return sorted(item["metadata"]["name"] for item in answer.content["items"])

    def namespaces(self) -> set[str]:
        """Those that stay: one that a test before removed goes when Kubernetes finds the time."""
        items = self.ask("GET", "/api/v1/namespaces").content["items"]
        return {item["metadata"]["name"] for item in items if "deletionTimestamp" not in item["metadata"]}

    def make_namespace(self, name: str) -> str:
        self.create("/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def remove_namespace(self, name: str) -> None:
        self.ask("DELETE", f"/api/v1/namespaces/{name}")

    def _make_keys(self) -> None:
        self._certificates.mkdir(exist_ok=True)
        openssl = shutil.which("openssl")
        assert openssl, "openssl is not on the PATH"
        key = self.folder / "service-accounts.key"
        subprocess.run([openssl, "genrsa", "-out", str(key), "2048"], check=True, capture_output=True, timeout=60)
        rows = [f'{ADMIN_TOKEN},admin,admin,"system:masters"']
        rows += [f"{user}{TOKEN_SUFFIX},{user},{user}" for user in USERS]
        (self.folder / "tokens.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    def _run_etcd(self) -> Any:
        client, peer = f"http://127.0.0.1:{self._etcd}", f"http://127.0.0.1:{self._etcd_peer}"
        command = [
            str(program("etcd")),
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # nothing of it is to be kept
        ]
        return running(command, self.folder / "etcd.log", f"{client}/health")

    def _run_api_server(self) -> Any:
        key = self.folder / "service-accounts.key"
        command = [
            str(program(API_SERVER)),
            f"--etcd-servers=http://127.0.0.1:{self._etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self._certificates}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--service-cluster-ip-range=10.97.0.0/24",
            "--endpoint-reconciler-type=none",
            "--watch-cache=false",
            "--profiling=false",
            *self._flags,
        ]
        log = self.folder / "kube-apiserver.log"
        # What stands behind a Service is on this machine too.
        direct = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
        return running(command, log, f"{self.url}/readyz", direct, ready_with=self._is_ready)

    def _is_ready(self) -> bool:
        try:
            return self.ca.is_file() and self.ask("GET", "/api/v1/namespaces/default").status == 200
        except (OSError, ValueError):
            return False

    def _run_controller_manager(self) -> Any:
        command = [
            str(program(MANAGER)),
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'service-accounts.key'}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._manager}",
            "--leader-elect=false",
            "--use-service-account-credentials=false",
            f"--cert-dir={self.folder / 'manager'}",
            "--concurrent-resource-quota-syncs=2",
            "--resource-quota-sync-period=5s",
        ]
        log = self.folder / "kube-controller-manager.log"
        return running(command, log, "", ready_with=lambda: True)

    def _wait_for_service_accounts(self) -> None:
        """With the first one the controller-manager is known to work."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if "default" in self.names("/api/v1/namespaces/default/serviceaccounts"):
                return
            time.sleep(0.1)
        log = (self.folder / "kube-controller-manager.log").read_text(encoding="utf-8")
        raise AssertionError(f"no service account was made: {log[-2000:]}")
