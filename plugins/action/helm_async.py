# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run kubernetes.core.helm, in the background too: its own action plugin does not let Ansible do that.

The module writes values as Python does, which Helm reads otherwise. So they go as a file that Helm reads as it is
meant.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import to_json


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no type hints
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        background = bool(self._task.async_val)
        arguments = dict(self._task.args)
        values = arguments.pop("values", None) or arguments.pop("release_values", None)
        if values:
            arguments["values_files"] = [*(arguments.get("values_files") or []), self._file_of(values)]
        found = self._execute_module(
            module_name="kubernetes.core.helm",
            module_args=arguments,
            task_vars=task_vars,
            wrap_async=background,
        )
        result.update(found)
        if not background:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _file_of(self, values: dict[str, Any]) -> str:
        """A file where the module runs, beside it: it goes when the module has ended, in the background too."""
        try:
            text = to_json(values)
        except TracingError as error:
            raise AnsibleActionFail(str(error)) from error
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        folder = self._connection._shell.tmpdir
        path = str(self._transfer_data(self._connection._shell.join_path(folder, "values.json"), text))
        self._fixup_perms2([folder, path], execute=False)
        return path
