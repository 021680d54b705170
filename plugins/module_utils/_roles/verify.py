# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the settings of a proof from outside the cluster may not be together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional


def problems(
    *, addresses: Sequence[Mapping[str, Any]], login: Mapping[str, str], traces: int, sampling: Sequence[str]
) -> list[str]:
    """``addresses`` have ``option`` and ``url``; of ``login`` what is empty is not given."""
    return [*_nothing_sent(addresses, traces, sampling), *_login(addresses, login)]


def _nothing_sent(addresses: Sequence[Mapping[str, Any]], traces: int, sampling: Sequence[str]) -> Iterator[str]:
    if not addresses:
        yield (
            "k8s_tracing_verify_from is outside, and no address is given: set k8s_tracing_otlp_grpc_url, "
            "k8s_tracing_otlp_http_url or both."
        )
    if traces == 0:
        yield (
            "k8s_tracing_verify_from is outside, and k8s_tracing_verify_probe_traces is 0, so that nothing would be "
            "sent: give 1 or more."
        )
    if sampling:
        yield (
            f"k8s_tracing_verify_from is outside, and {', '.join(sampling)} may drop what is sent: set "
            "k8s_tracing_verify_from to inside."
        )


def _login(addresses: Sequence[Mapping[str, Any]], login: Mapping[str, str]) -> Iterator[str]:
    if bool(login["username"]) != bool(login["password"]):
        yield "k8s_tracing_otlp_username and k8s_tracing_otlp_password belong together: set both, or none of them."
    if login["token"] and login["username"]:
        yield "k8s_tracing_otlp_token and k8s_tracing_otlp_username are two ways to log in: set one of them."
    for address in addresses:
        if any(login.values()) and parse_optional(address["url"]).scheme != "https":
            yield (
                f"{address['option']} is {address['url']}, which has no TLS, and a login would pass in the clear: "
                "begin it with https://, or leave the login out."
            )
