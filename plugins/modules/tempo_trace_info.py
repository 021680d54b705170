#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read one trace by its id."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tempo_trace_info
short_description: Read one trace by its id
version_added: 0.1.0
description:
  - Reads one trace from Grafana Tempo and returns it in one shape, whatever version of Tempo it comes from.
  - Ids are in hexadecimal, times are whole nanoseconds, attributes are plain values.
  - Reading by id sees a trace as soon as it has arrived.
  - A trace of more than 20000 spans is refused. M(tracelab.k8s_tracing.tempo_search_info) can count its spans.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  trace_id:
    description: Id of the trace. Leading zeros may be left out.
    type: str
    required: true
  missing_ok:
    description: Whether a trace that Tempo does not have is a result, RV(found) being V(false), rather than a failure.
    type: bool
    default: false
seealso:
  - module: tracelab.k8s_tracing.tempo_search_info
  - module: tracelab.k8s_tracing.tempo_ingestion_check
  - plugin: tracelab.k8s_tracing.trace_tree
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read a trace
  tracelab.k8s_tracing.tempo_trace_info:
    namespace: tracing
    trace_id: 4bf92f3577b34da6a3ce929d0e0e4736
  register: read

- name: Show it
  ansible.builtin.debug:
    msg: "{{ read.trace | tracelab.k8s_tracing.trace_tree }}"

- name: Is this trace there
  tracelab.k8s_tracing.tempo_trace_info:
    url: http://127.0.0.1:3200
    trace_id: "{{ trace_id }}"
    missing_ok: true
  register: looked
  failed_when: looked.error is defined or not looked.found
"""

RETURN = r"""
found:
  description: Whether Tempo has the trace.
  type: bool
  returned: success
trace_id:
  description: The id with 32 digits.
  type: str
  returned: success
trace:
  description: The trace, as P(tracelab.k8s_tracing.trace_tree#filter) takes it; null when there is none.
  type: dict
  returned: success
  contains:
    trace_id:
      description: Id with 32 digits.
      type: str
    root_service:
      description: Service of the root span.
      type: str
    root_name:
      description: Name of the root span.
      type: str
    duration_nanos:
      description: From the first start to the last end.
      type: int
    span_count:
      description: Number of spans.
      type: int
    services:
      description: Services in the trace.
      type: list
      elements: str
    edges:
      description: Calls between services as text.
      type: list
      elements: str
    partial:
      description: Whether Tempo said that it left spans out.
      type: bool
    spans:
      description: The spans in the order of their start.
      type: list
      elements: dict
      contains:
        trace_id:
          description: Id of the trace.
          type: str
        span_id:
          description: Id with 16 digits.
          type: str
        parent_span_id:
          description: Id of the span above; empty for the root.
          type: str
        name:
          description: Name.
          type: str
        service:
          description: Service.
          type: str
        kind:
          description: One of V(unspecified), V(internal), V(server), V(client), V(producer) and V(consumer).
          type: str
        status:
          description: One of V(unset), V(ok) and V(error).
          type: str
        status_message:
          description: What the status says.
          type: str
        start_unix_nano:
          description: Start in nanoseconds since 1970.
          type: int
        end_unix_nano:
          description: End in nanoseconds since 1970.
          type: int
        duration_nanos:
          description: Their difference.
          type: int
        attributes:
          description: Attributes as plain values. Bytes are in base64.
          type: dict
        resource:
          description: Attributes of the resource.
          type: dict
        events:
          description: Events, each with C(name), C(time_unix_nano) and C(attributes).
          type: list
          elements: dict
        links:
          description: Links to spans, mostly of other traces, each with C(trace_id), C(span_id) and C(attributes).
          type: list
          elements: dict
services:
  description: Services in the trace.
  type: list
  elements: str
  returned: success
edges:
  description: Calls between services, each with C(parent) and C(child).
  type: list
  elements: dict
  returned: success
span_count:
  description: Number of spans.
  type: int
  returned: success
error_count:
  description: Number of spans with status V(error).
  type: int
  returned: success
orphan_count:
  description: Number of spans whose parent is not stored.
  type: int
  returned: success
tree:
  description: The spans depth first. A flat list, because a trace can be deeper than data may nest.
  type: list
  elements: dict
  returned: success
  contains:
    depth:
      description: Number of spans above it.
      type: int
    span_id:
      description: Id of the span.
      type: str
    parent_span_id:
      description: Id of the span above; empty for the root.
      type: str
    service:
      description: Service.
      type: str
    name:
      description: Name.
      type: str
    duration_nanos:
      description: Duration in nanoseconds.
      type: int
    status:
      description: Status.
      type: str
    children:
      description: Ids of the spans right below.
      type: list
      elements: str
error:
  description: The error that ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(trace_not_found) or V(trace_too_large).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_info import TRACE_ARGUMENTS, read_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    TEMPO_ARGUMENTS,
    tempo_transport,
)


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **TRACE_ARGUMENTS}, supports_check_mode=True)
    finish(module, lambda: read_trace(module.params, tempo_transport(module.params)))


if __name__ == "__main__":
    main()
