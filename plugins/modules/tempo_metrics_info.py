#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute metrics of spans with TraceQL."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tempo_metrics_info
short_description: Compute metrics of spans with TraceQL
version_added: 0.1.0
description:
  - Asks Grafana Tempo for TraceQL metrics, over time or as one value a series.
  - Tempo 2 computes them for recent spans only where the metrics-generator runs with the processor C(local-blocks).
    Tempo 3 always does.
  - An answer of more than 100000 samples is refused.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  query:
    description: TraceQL that ends in a metrics function, such as V({ status = error } | rate(\)).
    type: str
    required: true
  type:
    description:
      - V(range) gives samples over time, V(instant) gives one value a series for the whole range.
      - Tempo 2.8 was seen to answer V(instant) with zero for recent spans, which RV(notes) then says.
    type: str
    choices: [range, instant]
    default: range
  since:
    description:
      - How far back from O(end) to look, as a duration (V(90), V(15m), V(1h30m)). V(15m) when O(start) is not set.
      - Excludes O(start).
    type: str
  start:
    description:
      - From when on to look, as Unix time in seconds or as date and time in ISO 8601, in UTC unless it says else.
    type: str
  end:
    description: Until when to look, in the same forms. By default until now.
    type: str
  step:
    description: Distance of samples, as a duration. By default Tempo chooses it. Only for O(type=range).
    type: str
  exemplars:
    description: How many exemplars to ask for and to return for each series. Only for O(type=range).
    type: int
    default: 0
seealso:
  - module: tracelab.k8s_tracing.tempo_search_info
  - name: TraceQL metrics
    description: The functions there are.
    link: https://grafana.com/docs/tempo/latest/metrics-from-traces/metrics-queries/
"""

EXAMPLES = r"""
- name: Rate of errors by service, a sample a minute
  tracelab.k8s_tracing.tempo_metrics_info:
    namespace: tracing
    query: '{ status = error } | rate() by (resource.service.name)'
    since: 1h
    step: 1m
  register: errors

- name: How many spans came from each service
  tracelab.k8s_tracing.tempo_metrics_info:
    namespace: tracing
    query: '{ } | count_over_time() by (resource.service.name)'
    type: instant
    since: 15m
  register: counts
"""

RETURN = r"""
query:
  description: The query.
  type: str
  returned: success
start:
  description: Start of the range, in Unix seconds.
  type: int
  returned: success
end:
  description: Its end.
  type: int
  returned: success
series:
  description: The series, ordered by their labels.
  type: list
  elements: dict
  returned: success
  contains:
    labels:
      description: Labels with values of their own types.
      type: dict
    value:
      description: The value; null for one that is no number.
      type: float
      returned: with O(type=instant)
    samples:
      description: The samples, each with C(timestamp_ms) and C(value), which is null when it is no number.
      type: list
      elements: dict
      returned: with O(type=range)
    exemplars:
      description: Traces as examples, each with C(trace_id) of 32 digits, C(timestamp_ms), C(value) and C(labels).
      type: list
      elements: dict
      returned: with O(type=range)
series_count:
  description: Number of series.
  type: int
  returned: success
partial:
  description: Whether Tempo said that something is left out.
  type: bool
  returned: success
partial_message:
  description: What it said about that.
  type: str
  returned: success
seen_until:
  description: Unix time up to which Tempo lets a query see, on its own clock.
  type: int
  returned: success
complete:
  description:
    - Whether all of the range was seen. False when a part of it is hidden (C(query_frontend.query_end_cutoff), in
      Tempo 3 the last 30 seconds unless set), and when Tempo gave only a part.
    - No result with RV(complete=false) does not say that there is nothing.
  type: bool
  returned: success
notes:
  description: What is worth knowing about the result.
  type: list
  elements: str
  returned: success
metrics:
  description: What Tempo had to do for it.
  type: dict
  returned: success
  contains:
    inspected_traces:
      description: Traces looked at.
      type: int
    inspected_spans:
      description: Spans looked at.
      type: int
    inspected_bytes:
      description: Bytes looked at.
      type: int
    total_blocks:
      description: Blocks in the range of time.
      type: int
    total_block_bytes:
      description: Their size.
      type: int
    total_jobs:
      description: Jobs that the query was cut into.
      type: int
    completed_jobs:
      description: Jobs that were done.
      type: int
error:
  description: The error that ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(bad_query) or V(no_metrics).
      type: str
    message:
      description: What went wrong.
      type: str
    fix:
      description: What to do.
      type: str
    retryable:
      description: Whether waiting can help.
      type: bool
    status:
      description: HTTP status, where there is one.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.metrics_info import METRICS_ARGUMENTS, metrics
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    TEMPO_ARGUMENTS,
    tempo_transport,
)


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **METRICS_ARGUMENTS}, supports_check_mode=True)
    finish(module, lambda: metrics(module.params, tempo_transport(module.params)))


if __name__ == "__main__":
    main()
