# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the settings of a role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: validate_settings
short_description: Say what is wrong with the settings of a role
version_added: 0.1.0
description:
  - Looks at the settings of a role of this collection, as they are set, and says which are invalid. Each finding is a
    sentence that names the setting, shows its value and says what to do.
  - Values of settings with C(no_log) are not shown.
  - Types, choices and keys are those of the role's argument specification, of all its entry points. A text stands for
    true and false, or for a number, as it does for Ansible, so that C(-e) can give it.
  - What Ansible refuses is refused here too, in one sentence, without the whole specification.
  - A setting that has its value from another variable, such as C(k8s_tracing_namespace), is named as that variable.
  - A variable with the role's prefix that differs by one letter from a setting is named, too.
author:
  - k8s-tracing maintainers (@tracelab)
options:
  _terms:
    description: Path of the role's argument specification, in YAML. One.
    type: list
    elements: path
    required: true
  formats:
    description:
      - Forms that values must have, by the setting's name. What is in a list or dictionary is named as
        C(setting[]), C(setting.key) or C(setting[].key).
      - A form is that of a text, such as V(url) or V(name?), a range such as V(1..65535), or that of an object, such as
        V(labels).
    type: dict
    default: {}
  role:
    description:
      - Name of the role. Options that all roles with a release have, such as C(tempo_namespace), have a form without
        one in O(formats).
    type: str
    default: ""
  absent:
    description:
      - Whether the part is to be removed. Then only where it is matters, the options of which O(role) speaks. Of others
        what Ansible itself refuses is told.
    type: bool
    default: false
  entry_point:
    description: Whose options are looked at. Empty for those of all entry points.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Refuse invalid settings
  ansible.builtin.assert:
    that: wrong == []
    fail_msg: "{{ wrong | join(' ') }}"
  vars:
    wrong: "{{ query('tracelab.k8s_tracing.validate_settings', spec, formats=my_formats) }}"
    spec: "{{ role_path }}/meta/argument_specs.yml"
"""

RETURN = r"""
_raw:
  description: Sentences, none when there is nothing wrong.
  type: list
  elements: str
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.settings import (
    RELEASE_FORMATS,
    misspelt,
    specs,
    validate_settings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._variables import as_set
from jinja2.exceptions import UndefinedError

# As the default of a role's option begins that is a setting of the whole stack.
_SHARED = re.compile(r"\s*\{\{ (k8s_tracing_\w+) \| default\(")


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        self.set_options(var_options=variables, direct=options)
        if len(terms) != 1:
            raise AnsibleLookupError("validate_settings takes the path of one argument specification.")
        variables = dict(as_set(variables))
        points = specs(Path(str(terms[0])))
        chosen = [self.get_option("entry_point")] if self.get_option("entry_point") else list(points)
        spec = {name: option for point in chosen for name, option in points[point]["options"].items()}
        shared = {f"{self.get_option('role')}_{name}": form for name, form in RELEASE_FORMATS.items()}
        absent = self.get_option("absent")
        formats = shared if absent else shared | self.get_option("formats")
        strict = {name.removesuffix("[]") for name in shared} if absent else None
        names = [name for name in spec if name in variables]
        values, failed = self._values(names, variables)
        told = validate_settings(spec, formats, values, _given_as(names, variables), strict) + misspelt(variables, spec)
        if failed and not told:
            raise failed[0]
        return told

    def _values(self, names: list[str], variables: dict[str, Any]) -> tuple[dict[str, Any], list[Exception]]:
        """As a task would see them. One whose template fails on account of another one's invalid value has none."""
        lookup = lookup_loader.get("ansible.builtin.vars", loader=self._loader, templar=self._templar)
        values: dict[str, Any] = {}
        failed: list[Exception] = []
        for name in names:
            try:
                values[name] = _filled_in(*lookup.run([name], variables))
            except (AnsibleError, UndefinedError) as error:
                failed.append(error)
        return values, failed


def _filled_in(value: Any) -> Any:
    """With the templates inside of it, which Ansible would fill in when they are read."""
    if isinstance(value, Mapping):
        return {key: _filled_in(inner) for key, inner in value.items()}
    return [_filled_in(inner) for inner in value] if isinstance(value, list) else value


def _given_as(names: list[str], variables: dict[str, Any]) -> dict[str, str]:
    """The variable that a user has set, for each setting that still has its default."""
    found = {name: match[1] for name in names if (match := _SHARED.match(str(variables[name])))}
    return {name: shared for name, shared in found.items() if shared in variables}
