# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a release, before a cluster is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def release_problems(release: Any) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.release_problems import problems

    if not isinstance(release, Mapping):
        raise AnsibleFilterError("release_problems takes a dictionary.")
    return problems(release)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"release_problems": release_problems}
