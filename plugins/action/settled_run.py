# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The half of settled_run that works on the controller, where settings, files and the note are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_version
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.inputs import (
    code,
    environment,
    named_files,
    own_settings,
    shipped_files,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.record import note_path
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.run_cache import (
    ARGUMENTS,
    LOOK_ARGUMENTS,
    compare,
    no,
    remember,
)

ROOT = Path(__file__).parents[2]


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no type hints
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        variables = task_vars or {}
        path = note_path(Path(C.ANSIBLE_HOME), str(variables.get("inventory_hostname")), options)

        def look() -> Mapping[str, Any]:
            arguments = {name: options[name] for name in LOOK_ARGUMENTS}
            found: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
            return found

        if options["state"] == "remembered":
            answer = remember(path, options["inputs"] or {}, options["last_words"], look)
        else:
            answer = self._compared(path, variables, look)
        return {**result, "changed": False, **answer}

    def _compared(self, path: Path, variables: Mapping[str, Any], look: Any) -> dict[str, Any]:
        if self._task.check_mode or self._task.diff:
            return no("A run in check mode or with --diff shows everything.")
        if list(variables.get("ansible_run_tags") or ["all"]) != ["all"] or variables.get("ansible_skip_tags"):
            return no("A run with tags is no whole one.")
        try:
            return compare(path, self._inputs(variables), look)
        except (AnsibleError, TracingError) as error:
            return no(f"The settings can't be compared: {error}")

    def _inputs(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        shipped: dict[str, Any] = {}
        for file in shipped_files(ROOT):
            shipped.update(self._loader.load_from_file(str(file)) or {})
        settings = self._templar.template(own_settings(variables, shipped))
        return {
            **settings,
            **named_files(settings, [Path.cwd(), Path(self._loader.get_basedir())]),
            **environment(os.environ),
            "the collection": code(ROOT),
            "ansible-core": ansible_version,
        }
