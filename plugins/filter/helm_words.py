# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Helm said when a task that ran it failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def helm_words(result: Any) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import failure_words

    if not isinstance(result, Mapping):
        raise AnsibleFilterError("helm_words takes the result of a task.")
    return failure_words(result)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"helm_words": helm_words}
