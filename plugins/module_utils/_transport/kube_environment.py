# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection for everything that acts on a cluster: our modules, kubernetes.core and the helm program.

Each of them reads options, variables and kubeconfigs in a way of its own. They agree on what the environment says when
it says all of it: so the connection is resolved once, and handed on as variables. None of them holds a secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

from .access import Access
from .api_server import Way

# These would turn helm elsewhere than the kubeconfig says. Empty, they are as if they were not set.
HELM_ELSEWHERE = (
    "HELM_KUBEAPISERVER",
    "HELM_KUBEASGROUPS",
    "HELM_KUBEASUSER",
    "HELM_KUBECAFILE",
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    "HELM_KUBETLS_SERVER_NAME",
    "HELM_KUBETOKEN",
    "HELM_NAMESPACE",
)
# These turn kubernetes.core elsewhere, and are not as if unset when they are empty.
ELSEWHERE = tuple(
    f"K8S_AUTH_{name}"
    for name in (
        "API_KEY",
        "CA_CERT",
        "CERT_FILE",
        "CLIENT_CERT",
        "CLIENT_KEY",
        "HOST",
        "KEY_FILE",
        "PASSWORD",
        "SSL_CA_CERT",
        "USERNAME",
        "VALIDATE_CERTS",
        "VERIFY_SSL",
    )
)
# kubernetes.core takes the login of a proxy from here alone.
_PROXY_LOGIN = "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH"
_IMPERSONATE = {"Impersonate-User": "K8S_AUTH_IMPERSONATE_USER", "Impersonate-Group": "K8S_AUTH_IMPERSONATE_GROUPS"}


def connection(way: Way, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The connection as modules return it; ``TracingError`` where not all would follow it."""
    environ = os.environ if environ is None else environ
    access = way.access
    own = _of_access(access) if access else {}
    if access and access.proxy != access.proxy_shown and not environ.get(_PROXY_LOGIN):
        raise TracingError(
            "kubeconfig_unsupported",
            f"{access.proxy_from} holds a login for {access.proxy_shown}, which kubernetes.core does not send.",
            f"Set {_PROXY_LOGIN} to the login, as user:password.",
        )
    for name in ELSEWHERE + tuple(_IMPERSONATE.values()) + ("K8S_AUTH_PROXY",):
        if environ.get(name) and environ[name] != own.get(name):
            raise TracingError(
                "second_connection",
                f"{name} is set. Only a part of what acts on a cluster follows it, and might act on another one.",
                f"Put it into the kubeconfig, and unset {name}.",
            )
    return {
        "kubeconfig": os.pathsep.join(way.files),
        "context": way.context,
        "server": access.server if access else "",
        "proxy": access.proxy_shown if access else "",
        "environment": {**helm_environment(os.pathsep.join(way.files), way.context), **_of_core(way), **own},
    }


def helm_environment(kubeconfig: str, context: str) -> dict[str, str]:
    return {"KUBECONFIG": kubeconfig, "HELM_KUBECONTEXT": context, **dict.fromkeys(HELM_ELSEWHERE, "")}


def _of_core(way: Way) -> dict[str, str]:
    """Given as an option, or by a variable of its own, kubernetes.core copies a kubeconfig away from what it names."""
    return {"K8S_AUTH_KUBECONFIG": "", "K8S_AUTH_CONTEXT": way.context}


def _of_access(access: Access) -> dict[str, str]:
    """What the Kubernetes client does not read in a kubeconfig, or reads otherwise than kubectl."""
    unknown = {name for name, _value in access.impersonated} - set(_IMPERSONATE)
    if unknown:
        raise TracingError(
            "kubeconfig_unsupported",
            f"{access.origin} acts as another user with {', '.join(sorted(unknown))}, which kubernetes.core can't.",
            "Leave as-uid and as-user-extra out, or use another context.",
        )
    found = {"K8S_AUTH_NO_PROXY": "" if access.proxy else "*"}
    if access.proxy:
        found["K8S_AUTH_PROXY"] = access.proxy_shown
    for header, name in _IMPERSONATE.items():
        values = [value for one, value in access.impersonated if one == header]
        if values:
            found[name] = ",".join(values)
    return found


def environment_of(
    connections: Mapping[str, Any], role: str, kubeconfig: str = "", context: str = ""
) -> Mapping[str, str]:
    """The variables for a role's tasks: those of what it looked at with these options, else the options alone."""
    known = connections.get(role)
    if known and known["asked"] == asked(kubeconfig, context):
        environment: Mapping[str, str] = known["environment"]
        return environment
    given = {"K8S_AUTH_KUBECONFIG": kubeconfig, "K8S_AUTH_CONTEXT": context}
    given |= {"KUBECONFIG": kubeconfig, "HELM_KUBECONTEXT": context}
    return {name: value for name, value in given.items() if value}


def asked(kubeconfig: str, context: str) -> Sequence[str]:
    return [kubeconfig or "", context or ""]
