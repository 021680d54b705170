# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as the lines of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def text_table(rows: Any) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import table

    if not _is_list(rows) or not all(_is_list(row) and len(row) == len(rows[0]) for row in rows):
        raise AnsibleFilterError("text_table takes a list of rows that have as many cells each.")
    return table([[str(cell) for cell in row] for row in rows]) if rows else []


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"text_table": text_table}
