#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ensure data sources and dashboards of a Grafana."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: grafana_content
short_description: Ensure data sources and dashboards of a Grafana
version_added: 0.1.0
description:
  - Creates, updates or removes data sources and dashboards through Grafana's HTTP API. Changed is only what differs.
  - Everything is read before anything is changed.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.grafana
  - tracelab.k8s_tracing.connection.kubernetes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - Shows the names of secrets and never their values.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - Grafana does not give secrets back, so that another value under the same name changes nothing.
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  state:
    description:
      - V(absent) removes the data sources and dashboards. The folder stays, because others may have put theirs into it.
    type: str
    choices: [present, absent]
    default: present
  datasources:
    description:
      - Data sources as Grafana's HTTP API takes them, each with C(name), C(uid) and C(type).
      - C(access) is V(proxy) and C(isDefault) is V(false) unless they are given.
      - One that Grafana has from its own files is left as it is.
    type: list
    elements: dict
    default: []
  folder:
    description:
      - Folder of the dashboards. One that exists keeps its title.
      - Without it, dashboards are in Grafana's general folder.
    type: dict
    suboptions:
      uid:
        description: Its uid.
        type: str
        required: true
      title:
        description: Its title, when it is created.
        type: str
        required: true
  dashboards:
    description:
      - Dashboards as Grafana exports them, each with C(uid).
      - What Grafana adds to them does not count as a difference.
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds to wait for a Grafana that does not answer yet. V(0) asks once.
    type: float
    default: 60
notes:
  - The login must be an administrator's for data sources, and an editor's for dashboards.
seealso:
  - module: tracelab.k8s_tracing.grafana_check
"""

EXAMPLES = r"""
- name: Ensure Tempo as a data source, and a dashboard
  tracelab.k8s_tracing.grafana_content:
    url: https://grafana.example.com
    headers:
      Authorization: "Bearer {{ grafana_token }}"
    datasources:
      - name: Tempo
        uid: tempo
        type: tempo
        url: http://tempo.tracing.svc:3200
    folder:
      uid: tracing
      title: Tracing
    dashboards:
      - "{{ lookup('ansible.builtin.file', 'dashboard.json') | from_json }}"
  no_log: true
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode, in order.
  type: list
  elements: str
  returned: when Grafana was asked
  sample: [create data source tempo, update dashboard k8s-tracing-tempo]
error:
  description: The error that ended the task.
  type: dict
  returned: on a fatal error
  contains:
    kind:
      description: Name of the error for programs, such as V(wrong_status) or V(service_not_found).
      type: str
    message:
      description: What went wrong.
      type: str
    fix:
      description: What to do.
      type: str
    retryable:
      description: Whether waiting could have helped.
      type: bool
    status:
      description: HTTP status, where there is one.
      type: int
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.content import CONTENT_ARGUMENTS, Content
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=CONTENT_ARGUMENTS, supports_check_mode=True)
    started: list[Content] = []

    def work() -> dict[str, Any]:
        started.append(Content.from_params(module.params))
        return started[0].run(check_mode=module.check_mode, with_diff=module._diff)

    finish(module, work, lambda: started[0].partial() if started else {})


if __name__ == "__main__":
    main()
