# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a check ends: what was demanded is there; it was looked for and is not; that could not be seen; or what came
answers another question.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

PROVEN = "proven"
UNMET = "unmet"
COULD_NOT_LOOK = "could_not_look"
MISMATCH = "mismatch"
_FIX = (
    "A proxy or cache before it may ignore what is asked: ask the server itself, or make the query a part of the "
    "cache's key."
)


def not_looked() -> dict[str, Any]:
    """What a module returns beside the error that kept it from looking."""
    return {"satisfied": False, "verdict": COULD_NOT_LOOK}


def looked(verdict: str) -> bool:
    """Whether something is known of what was looked for: else it is neither there nor missing."""
    return verdict not in (COULD_NOT_LOOK, MISMATCH)


def mismatch(message: str) -> TracingError:
    """An answer to another question. A cache forgets: the next answer may be right."""
    return TracingError(MISMATCH, message, _FIX, retryable=True)
