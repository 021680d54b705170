# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Alloy's pods get at Secrets: by variables and by files. The configuration names these, never what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Output = Mapping[str, Any]
# By the option that states it.
Logins = Mapping[str, Mapping[str, Any]]

# Readable for the group that the pod's volumes belong to, and for nobody else.
_FILE_MODE = 0o440
# Of each login of a receiver: the variable of its token, and the folder of its users.
_LOGINS = {
    "alloy_receiver_auth": ("RECEIVER_TOKEN", "htpasswd"),
    "alloy_outside_auth": ("OUTSIDE_TOKEN", "outside-htpasswd"),
}
# Of each folder of files: the option that names its Secret, and the keys that are read.
_FILES = {
    "tls": ("alloy_tls_secret", ["tls.crt", "tls.key"]),
    "client-ca": ("alloy_client_ca_secret", ["ca.crt"]),
    "outside-tls": ("alloy_outside_tls", ["tls.crt", "tls.key"]),
}


def pod_secrets(
    logins: Logins, files: Mapping[str, str], outputs: Sequence[Output], folder: str
) -> dict[str, list[dict[str, Any]]]:
    """``env``, ``volumes`` and ``mounts`` of the container, and the ``named`` Secrets with the keys that are read.

    ``logins`` are those of receivers, ``files`` further Secrets by the name of their folder below ``folder``.
    """
    variables = [*_of_receivers(logins), *(row for output in outputs for row in _of_output(output))]
    mounted = [(name, secret) for name, secret in _folders(logins, files, outputs) if secret]
    return {
        "env": [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, secret, key in variables
        ],
        "volumes": [
            {"name": name, "secret": {"secretName": secret, "defaultMode": _FILE_MODE}} for name, secret in mounted
        ],
        "named": list(_named(logins, files, outputs)),
        "mounts": [{"name": name, "mountPath": f"{folder}/{name}", "readOnly": True} for name, _secret in mounted],
    }


def _named(logins: Logins, files: Mapping[str, str], outputs: Sequence[Output]) -> Iterator[dict[str, Any]]:
    """Each Secret with its keys, and the option that names it."""
    rows = [(secret, _FILES[name][1], _FILES[name][0]) for name, secret in files.items()]
    for option, login in logins.items():
        login_key = {"basic": "htpasswd_key", "bearer": "token_key"}.get(login["type"])
        rows += [(login["secret"], [login[login_key]], option)] if login_key else []
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


def _of_receivers(logins: Logins) -> Iterator[tuple[str, str, str]]:
    for option, login in logins.items():
        if login["type"] == "bearer":
            yield _LOGINS[option][0], login["secret"], login["token_key"]


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


def _folders(logins: Logins, files: Mapping[str, str], outputs: Sequence[Output]) -> Iterator[tuple[str, str]]:
    yield from files.items()
    for option, login in logins.items():
        if login["type"] == "basic":
            yield _LOGINS[option][1], login["secret"]
    for output in outputs:
        name = output["name"].replace("_", "-")
        for part in ("ca", "client"):
            yield f"{name}-{part}", output["tls"][f"{part}_secret"]
