# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that are waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def awaited_secrets(releases: Sequence[Mapping[str, Any]], wait: Any) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import named_secrets

    try:
        return named_secrets.awaited_secrets(releases, wait)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"awaited_secrets": awaited_secrets}
