# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that look like settings of this collection and are none."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_settings
short_description: Variables that look like settings of this collection and are none
version_added: 0.1.0
author:
  - k8s-tracing maintainers (@tracelab)
description:
  - For the playbooks of this collection. Returns a sentence for each variable that would be ignored.
  - Of those that begin with C(k8s_tracing_), each must be a setting.
  - Of those with the prefix of a role, which somebody else's may have too, one is told when it is next to a setting.
"""

EXAMPLES = r"""
- name: Refuse settings that there are not
  ansible.builtin.fail:
    msg: "{{ unknown | join(' ') }}"
  when: unknown != []
  vars:
    unknown: "{{ query('tracelab.k8s_tracing.unknown_settings') }}"
"""

RETURN = r"""
_raw:
  description: Sentences, none when all is well.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.settings import (
    misspelt,
    specs,
    unknown,
)

_INTERNAL = "helm_release"
_ROLES = Path(__file__).resolve().parents[2] / "roles"


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        names = list(variables or {})
        told: list[str] = []
        for file in sorted(_ROLES.glob("*/meta/argument_specs.yml")):
            points = specs(file)
            if "settings" in points:
                told += unknown(names, points["settings"]["options"], "k8s_tracing_")
            elif file.parent.parent.name != _INTERNAL:
                told += misspelt(names, points["main"]["options"])
        return told
