# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template of a role, rendered."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rendered
short_description: Render a template without copying every variable
version_added: 0.1.0
description:
  - Renders a template as P(ansible.builtin.template#lookup) does, which copies all variables of the host, deeply, for
    each template. In a play with several roles that takes longer than to render.
  - A template only reads variables, so that it gets them as they are. One that changes a list or a dict in place
    changes it for others, too.
author:
  - k8s-tracing maintainers (@tracelab)
options:
  _terms:
    description: Names of templates.
    type: list
    elements: str
    required: true
  variable_start_string:
    description: What an expression begins with.
    type: str
    default: '{{'
  variable_end_string:
    description: What an expression ends with.
    type: str
    default: '}}'
  template_vars:
    description: Further variables for the templates.
    type: dict
    default: {}
seealso:
  - plugin: ansible.builtin.template
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show a configuration
  ansible.builtin.debug:
    msg: "{{ lookup('tracelab.k8s_tracing.rendered', 'config.alloy.j2') }}"
"""

RETURN = r"""
_raw:
  description: The rendered texts.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class _Uncopied(dict[str, Any]):
    """Variables of which a deep copy has the same values."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> dict[str, Any]:
        return dict(self)


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        texts: list[str] = lookup.run(terms, _Uncopied(variables or {}), **options)
        return texts
