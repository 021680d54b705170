# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind of a failure, by what Helm said."""

from __future__ import annotations

from collections.abc import Callable


def helm_failure(words: str) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import failure_kind

    return failure_kind(words)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"helm_failure": helm_failure}
