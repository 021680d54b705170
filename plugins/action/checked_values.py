# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse what variables say is wrong, and fill in others: in one process, in which each is filled in once."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._variables import AS_SET


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no type hints
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(
            {
                "refused": {"type": "list", "elements": "str", "default": []},
                "fill_in": {"type": "list", "elements": "str", "default": []},
            }
        )
        self._templar.available_variables = filled_in_once(self._templar)
        for name in options["refused"]:
            if told := self._templar.resolve_variable_expression(name):
                return {"failed": True, "msg": "\n".join(told)}
        values = {name: self._templar.resolve_variable_expression(name) for name in options["fill_in"]}
        # What a user has set may hold anything.
        return {"changed": False, "filled_in": values, "_ansible_no_log": True}


class _AsSet(dict[str, Any]):
    """Nobody changes it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _AsSet:
        return self


def filled_in_once(templar: Any) -> Any:
    """The variables in the form in which Ansible keeps what it has filled in.

    Else it fills in a variable anew each time that another one names it. Where an Ansible has another form, it does:
    that takes longer, and leads to the same.
    """
    variables, engine = templar.available_variables, templar._engine
    try:
        from ansible._internal._templating import _lazy_containers, _utils

        with _utils.TemplateContext(template_value=None, templar=engine, options=None):
            found = _lazy_containers._AnsibleLazyTemplateMixin._try_create(dict(variables))
        # ansible.builtin.template copies all variables, and each names this.
        engine.__deepcopy__ = lambda memo: engine
        found[AS_SET] = _AsSet(variables)
    except Exception:  # pylint: disable=broad-exception-caught
        return variables
    return found
