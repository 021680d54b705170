# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as Helm reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def from_helm_yaml(text: str, name: str = "The values") -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import load_map

    try:
        return load_map(text, name)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"from_helm_yaml": from_helm_yaml}
