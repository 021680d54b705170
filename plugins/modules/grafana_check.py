#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that Grafana has its data sources and dashboards, and that they lead somewhere."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: grafana_check
short_description: Prove that Grafana has its data sources and dashboards, and that they lead somewhere
version_added: 0.1.0
description:
  - Looks through Grafana's API for data sources and dashboards by their uid, asks queries through the proxy of a data
    source, and follows an exemplar of the metrics made from spans to its trace, and logs to their trace and back. Asks
    again until all is there.
  - Whether each panel shows something is the matter of M(tracelab.k8s_tracing.dashboard_check).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.grafana
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  datasources:
    description: Uids of the data sources that must be there.
    type: list
    elements: str
    default: []
  dashboards:
    description: Uids of the dashboards that must be there.
    type: list
    elements: str
    default: []
  tag:
    description: Tag by which these dashboards are looked for.
    type: str
    default: k8s-tracing
  queries:
    description: What data sources must answer with status 200.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the query is called in messages and in RV(unanswered).
        type: str
        required: true
      datasource:
        description: Uid of the data source.
        type: str
        required: true
      path:
        description: Path below the data source's own address.
        type: str
        default: /api/v1/query
      query:
        description: Sent as the parameter C(query), as Prometheus takes it.
        type: str
        default: ""
  exemplars:
    description:
      - Whether an exemplar of the metrics that Tempo makes from spans must lead to its trace, through the data sources
        C(prometheus) and C(tempo). Where there are no such metrics yet, there is nothing to follow.
      - V(required) fails where no such metric has an exemplar; V(wanted) waits for one and only reports it.
    type: str
    choices: [required, wanted, ignored]
    default: ignored
  logs:
    description:
      - Whether the newest log record that names a trace must lead to that trace, and the trace back to a log record.
        Both ways are those that the settings of the data sources C(tempo) and C(loki) have.
      - Where no log record of the last hour names a trace, there is nothing to follow. A trace that is gone is only
        reported.
    type: bool
    default: false
  links:
    description: Links between data sources that must lead to one that is there.
    type: list
    elements: dict
    default: []
    suboptions:
      datasource:
        description: Uid of the data source that has the link.
        type: str
        required: true
      setting:
        description: Where it stands in the data source's C(jsonData), such as C(tracesToProfiles).
        type: str
        required: true
  timeout:
    description: Seconds to wait for what is missing. V(0) looks once.
    type: float
    default: 60
seealso:
  - module: tracelab.k8s_tracing.dashboard_check
"""

EXAMPLES = r"""
- name: Grafana has Tempo, and Tempo answers
  tracelab.k8s_tracing.grafana_check:
    url: https://grafana.example.com
    headers:
      Authorization: "Bearer {{ grafana_token }}"
    datasources: [tempo]
    queries:
      - name: a first query
        datasource: tempo
        path: /api/search?limit=1
  no_log: true
"""

RETURN = r"""
satisfied:
  description: Whether all is there that was asked for.
  type: bool
  returned: when Grafana was asked
missing_datasources:
  description: Uids of data sources that are not there.
  type: list
  elements: str
  returned: when Grafana was asked
missing_dashboards:
  description: Uids of dashboards that are not there.
  type: list
  elements: str
  returned: when Grafana was asked
unanswered:
  description: What Grafana said to each query that got no answer, by its name.
  type: dict
  returned: when Grafana was asked
span_metrics:
  description: Whether there are metrics made from spans. Only looked for when O(exemplars) is not V(ignored).
  type: bool
  returned: when Grafana was asked
exemplar_trace:
  description: The trace that the newest exemplar names, or nothing.
  type: str
  returned: when Grafana was asked
exemplar_leads:
  description: Whether Tempo has that trace.
  type: bool
  returned: when Grafana was asked
dead_ends:
  description: O(links) that lead nowhere, as data source and setting.
  type: list
  elements: str
  returned: when Grafana was asked
log_trace:
  description: The trace that the newest log record names, or nothing.
  type: str
  returned: when Grafana was asked
log_leads:
  description: Whether Tempo has that trace.
  type: bool
  returned: when Grafana was asked
span_logs:
  description: How many log records the spans of that trace lead to.
  type: int
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.content_check import (
    CHECK_ARGUMENTS,
    GrafanaCheck,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=CHECK_ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: GrafanaCheck.from_params(module.params).run())


if __name__ == "__main__":
    main()
