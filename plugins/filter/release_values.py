# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a release, from what kubernetes.core.helm_info returns in its various versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

# The second one goes from kubernetes.core after January 2027.
NAMES = ("release_values", "values")


def release_values(info: object) -> dict[str, Any]:
    if not isinstance(info, Mapping):
        raise AnsibleFilterError(f"release_values takes a result of helm_info, not {type(info).__name__}.")
    status = info.get("status")
    if not status:
        return {}
    if not isinstance(status, Mapping):
        raise AnsibleFilterError(f"release_values: status is {type(status).__name__}, and no release of helm_info.")
    name = next((name for name in NAMES if name in status), "")
    if not name:
        raise AnsibleFilterError(
            f"helm_info returned no values of release {status.get('name', '')}, neither as {' nor as '.join(NAMES)}: "
            "use a version of kubernetes.core that this collection knows, see its README."
        )
    values = status[name] or {}
    if not isinstance(values, Mapping):
        raise AnsibleFilterError(f"release_values: {name} is {type(values).__name__}, but must be names with values.")
    return dict(values)


class FilterModule:
    def filters(self) -> dict[str, Callable[[object], dict[str, Any]]]:
        return {"release_values": release_values}
