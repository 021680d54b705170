# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A length of time as Go reads it, and with it Tempo."""

from __future__ import annotations

from collections.abc import Callable


def go_duration(duration: object) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.texts import in_hours

    return in_hours(str(duration))


class FilterModule:
    def filters(self) -> dict[str, Callable[[object], str]]:
        return {"go_duration": go_duration}
