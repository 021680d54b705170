#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse what variables say is wrong, and fill in others. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: checked_values
short_description: Refuse what variables say is wrong, and fill in others
version_added: 0.1.0
description:
  - For the roles of this collection. Fills in variables by their names, in one task, in which each variable is filled
    in once. Ansible fills in a variable anew each time that another one names it, and in each task.
  - Runs on the controller, and changes nothing.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
  action:
    description: >-
      Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
options:
  refused:
    description:
      - Names of variables that are lists of sentences. The first that has any fails the task with them, and the
        variables after it are not looked at.
    type: list
    elements: str
    default: []
  fill_in:
    description: Names of variables that are filled in when nothing is refused.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the settings
  tracelab.k8s_tracing.checked_values:
    refused: [_my_problems]
    fill_in: [_my_release]
  vars:
    _my_problems: "{{ ['my_port is 0: give 1 or more.'] if my_port | int == 0 else [] }}"
    _my_release: {name: mine, port: "{{ my_port | int }}"}
  register: checked
"""

RETURN = r"""
filled_in:
  description: Each of the variables by its name. It is not shown, since it may hold secrets.
  type: dict
  returned: success
"""
