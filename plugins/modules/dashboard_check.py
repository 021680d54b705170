#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that every panel of Grafana's dashboards shows something."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dashboard_check
short_description: Prove that every panel of Grafana's dashboards shows something
version_added: 0.1.0
description:
  - Reads the dashboards with a tag from Grafana's API, asks every panel's queries through the proxy of its data source,
    and fails with the names of the panels that show nothing.
  - Variables of a dashboard stand for all that can be chosen.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.grafana
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  tag:
    description: Tag of the dashboards to check.
    type: str
    default: k8s-tracing
  window:
    description: Time that a rate is taken over, as C(90), V(5m) or V(1h30m).
    type: str
    default: 5m
  may_be_empty:
    description: Panels that may show nothing, as C(title of the dashboard/title of the panel).
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait for data. V(0) looks once.
    type: float
    default: 60
seealso:
  - module: tracelab.k8s_tracing.span_metrics_check
"""

EXAMPLES = r"""
- name: Every panel shows something
  tracelab.k8s_tracing.dashboard_check:
    url: https://grafana.example.com
    headers:
      Authorization: "Bearer {{ grafana_token }}"
  no_log: true
"""

RETURN = r"""
satisfied:
  description: Whether every panel shows something.
  type: bool
  returned: when Grafana was asked
panels:
  description: Every query.
  type: list
  elements: dict
  returned: when Grafana was asked
  contains:
    dashboard:
      description: Title of the dashboard.
      type: str
    panel:
      description: Title of the panel.
      type: str
    query:
      description: The query as it was asked.
      type: str
    series:
      description: How many series, or traces, it found.
      type: int
lines:
  description: Every query in one line, with the number of series first.
  type: list
  elements: str
  returned: when Grafana was asked
empty:
  description: The panels that show nothing.
  type: list
  elements: str
  returned: when Grafana was asked
elapsed_seconds:
  description: Seconds that it took.
  type: float
  returned: when Grafana was asked
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboard_check import (
    CHECK_ARGUMENTS,
    DashboardCheck,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=CHECK_ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: DashboardCheck.from_params(module.params).run())


if __name__ == "__main__":
    main()
