# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a check ends: what was demanded is there; it was looked for and is not; or that could not be seen."""

from __future__ import annotations

from typing import Any

PROVEN = "proven"
UNMET = "unmet"
COULD_NOT_LOOK = "could_not_look"


def not_looked() -> dict[str, Any]:
    """What a module returns beside the error that kept it from looking."""
    return {"satisfied": False, "verdict": COULD_NOT_LOOK}
