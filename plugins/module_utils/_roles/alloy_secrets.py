# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Alloy's pods get at Secrets: by variables and by files. The configuration names these, never what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Output = Mapping[str, Any]

# Readable for the group that the pod's volumes belong to, and for nobody else.
_FILE_MODE = 0o440


def pod_secrets(
    login: Mapping[str, Any], files: Mapping[str, str], outputs: Sequence[Output], folder: str
) -> dict[str, list[dict[str, Any]]]:
    """``env``, ``volumes`` and ``mounts`` of the container, and the ``named`` Secrets with the keys that are read.

    ``login`` is that of the receiver, ``files`` further Secrets by the name of their folder below ``folder``.
    """
    variables = [*_of_receiver(login), *(row for output in outputs for row in _of_output(output))]
    mounted = [(name, secret) for name, secret in _folders(login, files, outputs) if secret]
    return {
        "env": [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, secret, key in variables
        ],
        "volumes": [
            {"name": name, "secret": {"secretName": secret, "defaultMode": _FILE_MODE}} for name, secret in mounted
        ],
        "named": list(_named(login, files, outputs)),
        "mounts": [{"name": name, "mountPath": f"{folder}/{name}", "readOnly": True} for name, _secret in mounted],
    }


def _named(login: Mapping[str, Any], files: Mapping[str, str], outputs: Sequence[Output]) -> Iterator[dict[str, Any]]:
    """Each Secret with its keys, and the option that names it."""
    keys = {"tls": ["tls.crt", "tls.key"], "client-ca": ["ca.crt"]}
    rows = [(secret, keys[name], f"alloy_{name.replace('-', '_')}_secret") for name, secret in files.items()]
    login_key = {"basic": "htpasswd_key", "bearer": "token_key"}.get(login["type"])
    rows += [(login["secret"], [login[login_key]], "alloy_receiver_auth")] if login_key else []
    for output in outputs:
        tls = output["tls"]
        auth_option, tls_option = (_option(str(output.get("option") or ""), part) for part in ("auth", "tls"))
        rows += [(secret, [key], auth_option) for _name, secret, key in _of_output(output)]
        rows += [(tls["ca_secret"], [tls["ca_key"]], tls_option)]
        rows += [(tls["client_secret"], ["tls.crt", "tls.key"], tls_option)]
    yield from ({"name": name, "keys": read, "option": named} for name, read, named in rows if name)


def _option(prefix: str, part: str) -> str:
    """Of a row in a list, as a route is, the option as a whole."""
    return f"{prefix}{part}" if prefix.endswith("_") else prefix.partition(",")[0] or "alloy_exporters"


def _of_receiver(login: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if login["type"] == "bearer":
        yield "RECEIVER_TOKEN", login["secret"], login["token_key"]


def _of_output(output: Output) -> Iterator[tuple[str, str, str]]:
    """Name, Secret and key of each variable."""
    prefix = f"EXPORTER_{output['name'].upper()}"
    login = output["auth"]
    if login["type"] == "basic":
        yield f"{prefix}_USERNAME", login["secret"], login["username_key"]
        yield f"{prefix}_PASSWORD", login["secret"], login["password_key"]
    elif login["type"] == "bearer":
        yield f"{prefix}_TOKEN", login["secret"], login["token_key"]
    for number, header in enumerate(output["header_secrets"], 1):
        yield f"{prefix}_HEADER_{number}", header["secret"], header["key"]


def _folders(
    login: Mapping[str, Any], files: Mapping[str, str], outputs: Sequence[Output]
) -> Iterator[tuple[str, str]]:
    yield from files.items()
    if login["type"] == "basic":
        yield "htpasswd", login["secret"]
    for output in outputs:
        name = output["name"].replace("_", "-")
        for part in ("ca", "client"):
            yield f"{name}-{part}", output["tls"][f"{part}_secret"]
