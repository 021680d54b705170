#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that metrics made from spans reach Prometheus."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: span_metrics_check
short_description: Prove that metrics made from spans reach Prometheus
version_added: 0.1.0
description:
  - Waits until Prometheus holds fresh samples of the metrics that Tempo's generator makes from spans, and fails with
    the cause when it does not in time.
  - Service graphs and span metrics stay empty without this last hop, while traces arrive all the same.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
  - tracelab.k8s_tracing.connection.alloy
requirements:
  - kubernetes Python library, when O(url) and O(prometheus_url) are not both set
options:
  metrics:
    description: Names of metrics that must each have a fresh sample.
    type: list
    elements: str
    default: [traces_spanmetrics_calls_total, traces_service_graph_request_total]
  fresh_since:
    description: Unix time from which a sample is fresh. By default the start of this task.
    type: float
  prometheus_url:
    description: Address of Prometheus, with a prefix where it has one. By default its Service is asked.
    type: str
  prometheus_namespace:
    description: Namespace of Prometheus' Service. By default the same as O(namespace).
    type: str
  prometheus_service:
    description: Name of Prometheus' Service.
    type: str
    default: prometheus-server
  prometheus_service_port:
    description: Port of that Service.
    type: int
    default: 80
  prometheus_service_scheme:
    description: Whether that Service speaks HTTP or HTTPS.
    type: str
    choices: [http, https]
    default: http
  prometheus_service_path:
    description: Path that stands in front of all others, such as V(/prometheus).
    type: str
    default: ''
  timeout:
    description: Seconds to wait. V(0) looks once. The diagnosis after a failure takes up to 5 seconds more.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 1
seealso:
  - module: tracelab.k8s_tracing.tempo_ingestion_check
"""

EXAMPLES = r"""
- name: Wait for the service graph of the last run
  tracelab.k8s_tracing.span_metrics_check:
    namespace: tracing
    fresh_since: "{{ before.snapshot.taken_at }}"
"""

RETURN = r"""
satisfied:
  description: Whether every metric has a fresh sample.
  type: bool
  returned: always
verdict:
  description:
    - V(proven) when every metric has a fresh sample, V(unmet) when Prometheus was asked and one has not.
    - V(could_not_look) when Prometheus could not be asked.
    - V(mismatch) when an answer is about something else than was asked, so that a proxy or cache may ignore the query.
      Each query has its answer repeat in a label what it is about.
  type: str
  returned: always
series:
  description: How many series of each metric have a fresh sample.
  type: dict
  returned: when Prometheus was asked
  sample: {traces_spanmetrics_calls_total: 14}
attempts:
  description: Number of looks.
  type: int
  returned: when Prometheus was asked
elapsed_seconds:
  description: Seconds that it took.
  type: float
  returned: when Prometheus was asked
diagnosis:
  description: What stands in the way.
  type: dict
  returned: on failure
  contains:
    stage:
      description: Always V(tempo_to_prometheus).
      type: str
    message:
      description: What happened there.
      type: str
    fix:
      description: What to do.
      type: str
    evidence:
      description: The figures.
      type: list
      elements: str
error:
  description: The error that ended the task, when it was not a missing sample.
  type: dict
  returned: on a fatal error
  contains:
    kind:
      description: Name of the error for programs, such as V(not_prometheus) or V(service_not_found).
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

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.span_metrics import ARGUMENTS, SpanMetrics
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import not_looked


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: SpanMetrics.from_params(module.params, time.time()).run(), not_looked)


if __name__ == "__main__":
    main()
