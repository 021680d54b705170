# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as somebody has set them, where Ansible keeps what it has filled in beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# No template names it: it begins as no setting does.
AS_SET = "_k8s_tracing_variables_as_set"


def as_set(variables: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """With their templates, for who looks at how a variable is written."""
    found: Mapping[str, Any] = (variables or {}).get(AS_SET, variables or {})
    return found
