# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the state of the stack on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def tracing_status(
    pods: Any,
    account: Mapping[str, Any] | None = None,
    period: float = 1.0,
    samples: Sequence[Mapping[str, Any]] = (),
    addresses: Sequence[str] = (),
    parts: Sequence[Mapping[str, Any]] = (),
    objects: Sequence[Mapping[str, Any]] = (),
    unread: Sequence[str] = (),
    place: Mapping[str, Any] | None = None,
    now: float = 0.0,
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import Read, screen, state

    if not isinstance(pods, Sequence) or isinstance(pods, str):
        raise AnsibleFilterError("tracing_status takes a list of pods.")
    read = Read(pods, account or {}, float(period), samples, parts, objects, unread, float(now) or time.time())
    return shaped(lambda: {"lines": screen(read, addresses), "state": state(read, place or {}, addresses)}, _not_read)


def _not_read(error: Exception) -> AnsibleFilterError:
    told = "tracing_status was given pods, an account or samples that are not as they were read"
    return AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"tracing_status": tracing_status}
