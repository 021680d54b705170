# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of tempo-vulture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError


def vulture_flags(settings: Mapping[str, str]) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.tempo_vulture import flags

    try:
        return flags(**settings)
    except (TracingError, TypeError) as error:
        raise AnsibleFilterError(f"vulture_flags takes the settings of tempo-vulture: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[[Mapping[str, str]], list[str]]]:
        return {"vulture_flags": vulture_flags}
