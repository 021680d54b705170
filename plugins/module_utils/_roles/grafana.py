# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Grafana's settings may not be together. No value that may be a secret is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import TENANT_HEADER

Settings = Mapping[str, Any]
Sources = Sequence[Settings]

_OWN_UIDS = ("tempo", "prometheus", "loki", "pyroscope")
_REQUIRED = ("name", "uid", "type")
# A variable or a file that Grafana fills in, as the whole value of a data source and within one of grafana.ini.
_REFERENCE = re.compile(r"^\$(__(env|file|vault))?\{[^}]+\}$|^\$\$?[A-Z_][A-Z0-9_]*$")
_WITH_REFERENCE = re.compile(r"\$(__(env|file|vault))?\{[^}]+\}")
_SECRET_KEY = re.compile(r"(password|passwd|secret|token|secret_key|account_key|private_key|api_key)$", re.IGNORECASE)
_LOGIN = re.compile(r"://[^/@: ]*:[^/@ ]+@")


def problems(
    *,
    mode: str,
    provisioning: str,
    url: str,
    tempo_url: str,
    tempo_tls_skip_verify: bool,
    tempo_tls_ca_secret: str,
    datasources: Sources,
    datasources_extra: Sources,
    ini: Mapping[str, Any],
    route: Settings,
    logins: Mapping[str, str],
) -> list[str]:
    """``datasources`` are all of them, as Grafana gets them; ``route`` is empty when it is
    off. ``logins`` are the ways to log in, by their option."""
    found = [*_tempo(tempo_url, tempo_tls_skip_verify, tempo_tls_ca_secret), *_extra(datasources, datasources_extra)]
    certificate = tempo_tls_ca_secret != ""
    in_configmap = mode == "chart" or provisioning != "api"
    if mode == "chart":
        found += [*_route(route), *_ini(ini)]
    else:
        found += _existing(url, logins)
    found += _plain(datasources) if in_configmap else _referred(datasources, certificate)
    return found


def _tempo(url: str, skip_verify: bool, ca_secret: str) -> Iterator[str]:
    if (skip_verify or ca_secret) and parse_optional(url).scheme != "https":
        yield (
            f"grafana_tempo_url is '{url}', which has no TLS: begin it with https://, or leave out "
            "grafana_tempo_tls_ca_secret and grafana_tempo_tls_skip_verify."
        )


def _extra(all_of_them: Sources, sources: Sources) -> Iterator[str]:
    if any(name not in source for source in sources for name in _REQUIRED):
        yield "grafana_datasources_extra: each entry needs name, uid and type."
    given = [str(source.get("uid", "")) for source in sources]
    # Those of tenants stand before what is given.
    own = [str(source.get("uid", "")) for source in all_of_them[: len(all_of_them) - len(sources)]]
    uids = [*dict.fromkeys([*_OWN_UIDS, *own]), *given]
    if len(set(uids)) < len(uids):
        yield (
            f"grafana_datasources_extra repeats a uid ({', '.join(uids)}; tempo, prometheus, loki and pyroscope are "
            "this role's own): give each data source its own."
        )


def _route(route: Settings) -> Iterator[str]:
    if route and not (route.get("host") and route.get("gateway")):
        yield (
            "grafana_route is enabled without a host or without a gateway: give grafana_route.host and "
            "grafana_route.gateway."
        )


def _ini(ini: Mapping[str, Any]) -> Iterator[str]:
    places = [
        f"{section}.{key}"
        for section, entries in ini.items()
        if isinstance(entries, Mapping)
        for key, value in entries.items()
        if _looks_secret(key, value)
    ]
    if places:
        yield (
            f"grafana_ini holds what looks like a secret in {' '.join(places)}: put it into a Secret, name that in "
            "grafana_env_secrets, and refer to its key as $__env{NAME}."
        )


def _looks_secret(key: str, value: Any) -> bool:
    """By its key, or as user:password in an address."""
    text = str(value)
    if isinstance(value, bool) or not value or _WITH_REFERENCE.search(text):
        return False
    return bool(_SECRET_KEY.search(key) or _LOGIN.search(text))


def _existing(url: str, logins: Mapping[str, str]) -> Iterator[str]:
    given = [name for name, value in logins.items() if value]
    if parse_optional(url).service[0] and any("token" in name for name in given):
        yield (
            f"grafana_url is '{url}', a Service that is asked through the API server, which passes no token on: log in "
            "with grafana_admin_secret, or give an address that leads to Grafana without the API server."
        )
    if len(given) > 1:
        yield "grafana_token, grafana_token_secret and grafana_admin_password are ways to log in: give one of them."


def _secrets(sources: Sources) -> Iterator[tuple[str, str, bool]]:
    """Data source, key, and whether the value is a reference, of each secret."""
    for source in sources:
        for key, value in (source.get("secureJsonData") or {}).items():
            yield str(source.get("uid", "")), key, bool(_REFERENCE.search(str(value)))


def _plain(sources: Sources) -> Iterator[str]:
    """Secrets that would stand in a ConfigMap. The certificate of an authority is none, nor is the tenant."""
    tenants = {(str(source.get("uid", "")), key) for source in sources for key in _tenant_keys(source)}
    places = [
        f"{uid}.{key}"
        for uid, key, reference in _secrets(sources)
        if not reference and key != "tlsCACert" and (uid, key) not in tenants
    ]
    if places:
        yield (
            f"secureJsonData of {' '.join(places)} would stand in a ConfigMap: put it into a Secret, name that in "
            "grafana_env_secrets, and refer to its key as $__env{NAME}."
        )


def _tenant_keys(source: Settings) -> Iterator[str]:
    for name, header in (source.get("jsonData") or {}).items():
        if name.startswith("httpHeaderName") and header == TENANT_HEADER:
            yield name.replace("Name", "Value")


def _referred(sources: Sources, certificate: bool) -> Iterator[str]:
    """Secrets that only a file of provisioning would expand. The role's own certificate is refused on its own."""
    places = [
        f"{uid}.{key}"
        for uid, key, reference in _secrets(sources)
        if reference and not (key == "tlsCACert" and certificate)
    ]
    if places:
        yield (
            f"secureJsonData of {' '.join(places)} refers to a variable or a file, which Grafana's HTTP API does not "
            "expand: give the value itself, from a vault."
        )
