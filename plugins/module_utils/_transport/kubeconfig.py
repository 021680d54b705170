# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kubeconfig says about one context: where the API server is, whom to trust and as whom to ask.

Reads what most kubeconfigs hold, as kubectl does. For the rest there is the Kubernetes client, whose import costs more
than a whole request: ``NeedsClient`` tells when it is called for.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

from .access import Access, NeedsClient, Pem, unusable
from .proxy import HOST_NAME, proxy_for, usable_proxy

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


# Besides these, a section may hold `extensions`: notes of other programs, which no client acts on.
_CLUSTER_KEYS = {
    "server",
    "certificate-authority",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "tls-server-name",
    "proxy-url",
    "disable-compression",
    "extensions",
}


_USER_KEYS = {
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "username",
    "password",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "extensions",
}


def kubeconfig_files(option: str, environ: Mapping[str, str], otherwise: str = "") -> list[str]:
    """The files to read; none when this runs in a pod, whose service account stands in for them.

    ``otherwise`` is what else the user can do, for the message that there is no file.
    """
    default = str(Path("~/.kube/config").expanduser())
    named = option or environ.get("KUBECONFIG", "")
    named = named if named.strip(os.pathsep) else ""
    if not named and not Path(default).exists() and environ.get("KUBERNETES_SERVICE_HOST"):
        return []
    files = [str(Path(name).expanduser().absolute()) for name in (named or default).split(os.pathsep) if name]
    files = list(dict.fromkeys(files))
    if not any(Path(name).is_file() for name in files):
        raise TracingError(
            "kubeconfig_missing",
            f"There is no kubeconfig at {named or default}.",
            f"Set kubeconfig (or K8S_AUTH_KUBECONFIG) to a readable file{otherwise}.",
        )
    return files


def read_access(files: Sequence[str], context: str, proxies: Mapping[str, str]) -> Access:
    """What the files say together about a context, or about the current one. Of two that say the same, the first wins.

    ``proxies`` are those of the environment, as ``urllib.request.getproxies`` gives them.
    """
    origin = f"The kubeconfig {os.pathsep.join(files)}"
    try:
        merged = _merge([(name, _load(name)) for name in files if Path(name).exists()])
        return _Reader(merged, origin, proxies).access(context)
    except (OSError, ValueError) as error:
        raise unusable(origin, error) from error


def pod_access(environ: Mapping[str, str], proxies: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> Access:
    """What Kubernetes gives to each pod."""
    origin = "The pod's service account"
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "")
    if not port:
        raise unusable(origin, "KUBERNETES_SERVICE_PORT is not set", "Set kubeconfig.")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    for name in ("token", "ca.crt"):
        if not (account / name).is_file():
            raise unusable(origin, f"there is no {account / name}", "Mount its token into the pod, or set kubeconfig.")
    namespace = account / "namespace"
    access = Access(
        origin,
        server,
        ca=Pem(str(account / "ca.crt")),
        token_file=str(account / "token"),
        proxy=usable_proxy(proxy_for(server, "", proxies), "HTTPS_PROXY"),
        proxy_from="HTTPS_PROXY",
        namespace=namespace.read_text().strip() if namespace.is_file() else "",
    )
    return _by_plain_proxy(access)


def _by_plain_proxy(access: Access) -> Access:
    if access.proxy and not access.proxy.lower().startswith("http://"):
        raise NeedsClient(f"a proxy with {access.proxy.partition(':')[0]}", access)
    return access


@dataclass(frozen=True)
class _Section:
    """A cluster, user or context, with the folder of its file: paths in it are relative to that."""

    label: str
    content: Mapping[str, Any]
    folder: Path

    def text(self, key: str) -> str:
        value = self.content.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"{key} of {self.label} is not text; put it in quotes")
        return value

    def flag(self, key: str) -> bool:
        value = self.content.get(key)
        if value is not None and not isinstance(value, bool):  # 1 equals True, and kubectl refuses it
            raise ValueError(f"{key} of {self.label} is neither true nor false")
        return bool(value)

    def path(self, key: str) -> str:
        value = self.text(key)
        return str(self.folder / value) if value else ""

    def pem(self, key: str) -> Pem:
        """Data goes before a file, where both are given."""
        data = "".join(self.text(f"{key}-data").split())
        if not data:
            return Pem(self.path(key))
        try:
            return Pem(data=base64.b64decode(data, validate=True))
        except ValueError as error:
            raise ValueError(f"{key}-data of {self.label} is not base64") from error

    def beyond(self, known: set[str]) -> list[str]:
        """What is set and not known here. Nothing but its presence counts."""
        return sorted(str(key) for key, value in self.content.items() if value and key not in known)


@dataclass
class _Merged:
    current: str = ""
    contexts: dict[str, _Section] = field(default_factory=dict)
    clusters: dict[str, _Section] = field(default_factory=dict)
    users: dict[str, _Section] = field(default_factory=dict)


def _load(name: str) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise NeedsClient("a kubeconfig without PyYAML") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with Path(name).open("rb") as file:  # of a stream, errors show no line: it might hold a password
        try:
            content = yaml.load(file, loader)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ValueError(f"{name} holds no mapping")
    return content


def _merge(documents: Sequence[tuple[str, Mapping[str, Any]]]) -> _Merged:
    merged = _Merged()
    for name, document in documents:
        folder = Path(name).absolute().parent
        merged.current = merged.current or _Section(name, document, folder).text("current-context")
        for kind, into in (("contexts", merged.contexts), ("clusters", merged.clusters), ("users", merged.users)):
            for section in _sections(document, kind, folder):
                into.setdefault(section[0], section[1])
    return merged


def _sections(document: Mapping[str, Any], kind: str, folder: Path) -> list[tuple[str, _Section]]:
    single = kind.removesuffix("s")
    entries = document.get(kind) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{kind} is not a list of mappings")
    found = []
    for entry in entries:
        name, content = entry.get("name"), entry.get(single) or {}
        if not isinstance(name, str) or not isinstance(content, dict):
            raise ValueError(f"each of {kind} takes a name, which is text, and a mapping {single}")
        found.append((name, _Section(f"{single} {name!r}", content, folder)))
    return found


class _Reader:
    """Follows one context to its cluster and user."""

    def __init__(self, merged: _Merged, origin: str, proxies: Mapping[str, str]) -> None:
        self._merged = merged
        self._origin = origin
        self._proxies = proxies

    def access(self, wanted: str) -> Access:
        name = wanted or self._merged.current
        section = self._context(name, wanted)
        access = self._cluster(self._pick(self._merged.clusters, section, "cluster"))
        access = replace(access, namespace=section.text("namespace"), context=name)
        user = section.text("user")
        try:
            if user:
                access = self._as_user(access, self._pick(self._merged.users, section, "user"))
        except NeedsClient as need:
            raise NeedsClient(str(need), self._on_its_way(need.access or access)) from need
        access = self._on_its_way(access)
        if access.beyond:
            raise NeedsClient(access.beyond, access)
        return _by_plain_proxy(access)

    def _on_its_way(self, access: Access) -> Access:
        server = _with_scheme(access)
        source = "proxy-url in the kubeconfig" if access.proxy else f"{server.partition(':')[0].upper()}_PROXY"
        place = f"{self._origin}: proxy-url" if access.proxy else source
        proxy = usable_proxy(proxy_for(server, access.proxy, self._proxies), place)
        return replace(access, server=server, proxy=proxy, proxy_from=source)

    def _context(self, name: str, wanted: str) -> _Section:
        if name in self._merged.contexts:
            return self._merged.contexts[name]
        fix = f"It has: {', '.join(self._merged.contexts) or 'none'}."
        if wanted:
            raise TracingError("kubeconfig_context", f"{self._origin} has no context {wanted!r}.", fix)
        reason = f"its current-context {name!r} is not there" if name else "it sets no current-context"
        raise unusable(self._origin, reason, f"Set context. {fix}")

    def _pick(self, among: Mapping[str, _Section], context: _Section, key: str) -> _Section:
        name = context.text(key)
        if name not in among:
            raise ValueError(f"{context.label} names the {key} {name!r}, which is not there")
        return among[name]

    def _cluster(self, cluster: _Section) -> Access:
        server = cluster.text("server").strip().rstrip("/")
        if has_login(server):
            raise ValueError(f"server of {cluster.label} holds a login: write username and password into the user")
        name = cluster.text("tls-server-name")
        if name and not HOST_NAME.fullmatch(name):
            raise ValueError(f"tls-server-name of {cluster.label} is not the name of a host")
        parts = urlsplit(server if "://" in server else f"//{server}")
        if not parts.hostname or parts.scheme.lower() not in ("", "http", "https") or parts.port == 0:
            raise ValueError(f"server of {cluster.label} is not an http or https URL")
        return Access(
            self._origin,
            server,
            ca=cluster.pem("certificate-authority"),
            verify=not cluster.flag("insecure-skip-tls-verify"),
            server_name=name,
            proxy=cluster.text("proxy-url"),
            beyond=self._beyond(cluster, parts),
        )

    def _beyond(self, cluster: _Section, server: SplitResult) -> str:
        """What of a cluster is not known here, for the client to make sense of."""
        unknown = cluster.beyond(_CLUSTER_KEYS)
        if unknown:
            return f"{', '.join(unknown)} of a cluster"
        return "such a server URL" if server.query or server.fragment else ""

    def _as_user(self, access: Access, user: _Section) -> Access:
        access = replace(access, impersonated=_impersonated(user))
        unknown = user.beyond(_USER_KEYS)
        if unknown:
            raise NeedsClient(f"{', '.join(unknown)} of a user", access)
        certificate, key = user.pem("client-certificate"), user.pem("client-key")
        if key and not certificate:
            raise ValueError(f"client-key of {user.label} is set without client-certificate")
        return replace(
            access,
            certificate=certificate,
            key=key,
            token=user.text("token").strip(),
            token_file=user.path("tokenFile"),
            username=user.text("username"),
            password=user.text("password"),
        )


def _impersonated(user: _Section) -> tuple[tuple[str, str], ...]:
    """Headers that have the API server act as somebody else; a list is one header for each of its entries."""
    groups, extra = user.content.get("as-groups") or [], user.content.get("as-user-extra") or {}
    lists = isinstance(extra, dict) and all(isinstance(part, list) for part in extra.values())
    if not isinstance(groups, list) or not lists:
        raise ValueError(f"as-groups of {user.label} is not a list, or as-user-extra not a mapping of lists")
    found = [("Impersonate-User", user.text("as")), ("Impersonate-Uid", user.text("as-uid"))]
    found += [("Impersonate-Group", str(group)) for group in groups]
    found += [(f"Impersonate-Extra-{quote(str(key))}", str(one)) for key, all_ in extra.items() for one in all_]
    return tuple((name, value) for name, value in found if value)


def _with_scheme(access: Access) -> str:
    """As kubectl completes a server without one: settings for TLS call for TLS."""
    if "://" in access.server:
        return access.server
    secure = access.ca or access.certificate or not access.verify
    return f"{'https' if secure else 'http'}://{access.server}"
