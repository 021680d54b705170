# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values for Helm to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def to_helm_json(values: dict[str, Any]) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import to_json

    try:
        return to_json(values)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"to_helm_json": to_helm_json}
