# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the length of a release's name."""

from __future__ import annotations

from collections.abc import Callable


def release_name_problems(release: object, role: str, mode: str = "") -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names import name_problems

    return name_problems(str(release), role, mode)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"release_name_problems": release_name_problems}
