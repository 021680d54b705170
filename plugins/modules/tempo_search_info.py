#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search for traces with TraceQL."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tempo_search_info
short_description: Search for traces with TraceQL
version_added: 0.1.0
description:
  - Searches Grafana Tempo once and returns the traces with the spans that matched. Works with Tempo 2 and 3.
  - Search sees a trace some seconds after it arrived, Tempo 3 by default after half a minute. To wait for traces there
    is M(tracelab.k8s_tracing.tempo_ingestion_check).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  query:
    description:
      - TraceQL to search for. V({ }) matches every span.
      - P(tracelab.k8s_tracing.traceql#lookup) makes one out of values, safely quoted.
    type: str
    default: "{ }"
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
    description:
      - Until when to look, in the same forms. By default until now.
      - What Tempo hides of the newest time is not seen, see RV(complete).
    type: str
  limit:
    description:
      - How many traces to return at most, see RV(truncated).
      - Where Tempo gives fewer at a time, the range is read in pieces.
    type: int
    default: 20
  spans_per_set:
    description: How many of the spans that matched to return for each trace, from 1 to 100.
    type: int
    default: 3
seealso:
  - module: tracelab.k8s_tracing.tempo_trace_info
  - module: tracelab.k8s_tracing.tempo_ingestion_check
  - plugin: tracelab.k8s_tracing.traceql
    plugin_type: lookup
  - name: TraceQL
    description: The query language of Tempo.
    link: https://grafana.com/docs/tempo/latest/traceql/
"""

EXAMPLES = r"""
- name: Find failed requests of the last hour
  tracelab.k8s_tracing.tempo_search_info:
    namespace: tracing
    query: '{ status = error && kind = server }'
    since: 1h
    limit: 100
  register: failed

- name: Read the first of them whole
  tracelab.k8s_tracing.tempo_trace_info:
    namespace: tracing
    trace_id: "{{ failed.trace_ids | first }}"
  when: failed.trace_count > 0

- name: Find the traces of one run, with a value that needs quotes
  tracelab.k8s_tracing.tempo_search_info:
    url: https://tempo.example.com
    tenant: team-a
    query: "{{ lookup('tracelab.k8s_tracing.traceql', run_id=run_id, attributes={'span.http.route': route}) }}"
    start: "2026-01-31T12:00:00Z"
    end: "2026-01-31T13:00:00Z"
"""

RETURN = r"""
query:
  description: The TraceQL that was searched for.
  type: str
  returned: success
start:
  description: Start of the range that was searched, in Unix seconds.
  type: int
  returned: success
end:
  description: Its end.
  type: int
  returned: success
traces:
  description: The traces, in the order in which Tempo gives them.
  type: list
  elements: dict
  returned: success
  contains:
    trace_id:
      description: Id with 32 digits. Tempo's own answer leaves leading zeros out.
      type: str
    root_service:
      description: Service of the root span; empty while that has not arrived.
      type: str
    root_name:
      description: Name of the root span.
      type: str
    start_unix_nano:
      description: Start in nanoseconds since 1970.
      type: int
    duration_nanos:
      description: Duration in nanoseconds, to the millisecond.
      type: int
    span_count:
      description: Spans in the trace, where Tempo tells.
      type: int
    matched_spans:
      description: Spans that the query matched.
      type: int
    services:
      description: Services in the trace.
      type: list
      elements: str
    service_stats:
      description: For each service its C(spans), and C(errors) among them.
      type: dict
    span_sets:
      description: The spans that matched, in several sets for a query that groups them.
      type: list
      elements: dict
      contains:
        matched:
          description: How many spans matched.
          type: int
        attributes:
          description: What the query computed for the set, such as what it was grouped by.
          type: dict
        spans:
          description: Up to O(spans_per_set) of the spans.
          type: list
          elements: dict
          contains:
            span_id:
              description: Id with 16 digits.
              type: str
            name:
              description: Name, where the query asks for it.
              type: str
            start_unix_nano:
              description: Start in nanoseconds since 1970.
              type: int
            duration_nanos:
              description: Duration in nanoseconds.
              type: int
            attributes:
              description: Those attributes that the query is about or selects.
              type: dict
trace_ids:
  description: Ids of the traces.
  type: list
  elements: str
  returned: success
trace_count:
  description: Number of traces.
  type: int
  returned: success
span_count:
  description: Number of spans that matched in them.
  type: int
  returned: success
services:
  description: Services in the traces.
  type: list
  elements: str
  returned: success
truncated:
  description: Whether there may be more traces, because the search ended at O(limit), at a cap of Tempo's, or early.
  type: bool
  returned: success
compared:
  description:
    - The newest trace is read whole and held against O(query), where the query has something that can be judged outside
      of Tempo. One that does not meet it fails the task with V(mismatch) as RV(error.kind), as does a trace of another
      time than was asked.
  type: dict
  returned: success
  contains:
    traces:
      description: How many traces were compared.
      type: int
    query:
      description: As in RV(tracelab.k8s_tracing.tempo_ingestion_check#module:compared).
      type: str
  sample: {traces: 1, query: '{ status = error }'}
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
  description: What could not be seen, and what was left out of Tempo's answer because it is about another time.
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
      description: Jobs that were done. Fewer when O(limit) was reached early.
      type: int
error:
  description: The error that ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(bad_query) or V(no_tenant).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search_info import SEARCH_ARGUMENTS, search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    TEMPO_ARGUMENTS,
    tempo_transport,
)


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **SEARCH_ARGUMENTS}, supports_check_mode=True)
    finish(module, lambda: search(module.params, tempo_transport(module.params)))


if __name__ == "__main__":
    main()
