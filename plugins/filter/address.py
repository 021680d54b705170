# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take an address apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def address(text: Any) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

    if not isinstance(text, str):
        raise AnsibleFilterError("address takes a text.")
    try:
        found = parse_optional(text)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error
    service, namespace = found.service
    return {
        "url": found.url,
        "scheme": found.scheme,
        "host": found.host,
        "port": found.port,
        "path": found.path,
        "service": service,
        "namespace": namespace,
        "in_cluster": service != "",
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"address": address}
