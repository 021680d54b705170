# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run kubernetes.core.helm, in the background too: its own action plugin does not let Ansible do that."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no type hints
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        background = bool(self._task.async_val)
        found = self._execute_module(
            module_name="kubernetes.core.helm",
            module_args=dict(self._task.args),
            task_vars=task_vars,
            wrap_async=background,
        )
        result.update(found)
        if not background:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result
