#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send traces and find each of their fields again in Tempo."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: otlp_trace_probe
short_description: Send traces and find each of their fields again in Tempo
version_added: 0.1.0
description:
  - Sends traces of its own over OTLP, directly or through Alloy, then finds each one in Grafana Tempo by its id and by
    search.
  - Measures how long both take, and compares every field of every span with what was sent, once when the trace has
    arrived and once more when search finds it in a block. That means ids, parents, names, kinds, times, status, trace
    state, events, links, resource, scope, and attributes of all types. Flags are not set, because Tempo's blocks do not
    hold them.
  - Fails when any span is lost, stored twice or altered.
  - It stores traces in Tempo, which stay there for as long as others do. As they are no state of the host, the task
    never reports a change, in the way of M(ansible.builtin.uri).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
attributes:
  check_mode:
    support: full
    description: Can run in check_mode and return changed status prediction without modifying target.
    details:
      - Options are checked, and nothing is sent.
  idempotent:
    support: none
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    details:
      - Each run sends new traces with new ids.
requirements:
  - kubernetes Python library, when O(url) is not set
  - grpcio Python library, for O(protocol=grpc)
options:
  protocol:
    description: How to send. V(grpc) takes O(otlp_url), because the API server forwards no gRPC.
    type: str
    choices: [http_json, http_protobuf, grpc]
    default: http_protobuf
  otlp_url:
    description:
      - Address that takes the spans, such as V(http://127.0.0.1:4318), or V(http://127.0.0.1:4317) for gRPC. V(https)
        means TLS for gRPC too.
      - Required with O(url). Without both, spans go through the API server's service proxy to O(alloy_service).
    type: str
  otlp_ca_path:
    description:
      - File with the certificate of the authority that signed that of O(otlp_url).
      - By default that of O(ca_path), else the authorities that this host trusts.
    type: path
  otlp_headers:
    description: Headers to send with the spans, such as C(Authorization).
    type: dict
    default: {}
  alloy_namespace:
    description: Namespace of the Service that takes spans. By default the same as O(namespace).
    type: str
  alloy_service:
    description: Name of the Service that takes spans. Tempo's own works as well.
    type: str
    default: alloy
  otlp_service_port:
    description: Port of O(alloy_service) that takes OTLP over HTTP.
    type: int
    default: 4318
  otlp_service_scheme:
    description:
      - Whether that port speaks TLS. The API server does not check the certificate there, and shows none of its own.
    type: str
    choices: [http, https]
    default: http
  traces:
    description: How many traces to send, 10000 at most.
    type: int
    default: 20
  spans_per_trace:
    description: How many spans each has, 1000 at most.
    type: int
    default: 5
  concurrency:
    description:
      - How many requests may be on their way at the same time, 64 at most.
      - Looks by id come before further sends, so that they measure Tempo and not this host.
    type: int
    default: 4
  rate:
    description: How many traces to send each second. By default as many as O(concurrency) lets through.
    type: float
  service_name:
    description: The C(service.name) of all spans.
    type: str
    default: otlp-trace-probe
  resource_attributes:
    description:
      - Further attributes of the resource of all spans, as texts, by which a route of Alloy or a sampler may tell them.
    type: dict
    default: {}
  absent_tenants:
    description:
      - Tenants of Tempo that may have none of the traces. Each trace is looked for in each of them by its id, once it
        was found where it belongs. One that is there fails the task.
    type: list
    elements: str
    default: []
  run_id:
    description: Id of this run, which all spans carry in O(run_id_attribute). By default a new one is made.
    type: str
  run_id_attribute:
    description: Name of the resource attribute that holds the run id, without scope.
    type: str
    default: tracing.run.id
  search:
    description: Whether to find the traces by search as well, which takes some seconds, and half a minute with Tempo 3.
    type: bool
    default: true
  strict:
    description:
      - Whether attributes that were added on the way to a span or its resource count as alterations.
      - Otherwise they are named in RV(added_attributes); collectors add such as C(k8s.pod.name) on purpose.
    type: bool
    default: false
  timeout:
    description: Seconds from the start of the task until everything must be found.
    type: float
    default: 90
  poll_interval:
    description:
      - Seconds between the first looks for one trace by its id. Later pauses grow up to 0.2 seconds, so that they add
        no more than a quarter of a second to a latency. A longer interval holds as it is.
    type: float
    default: 0.1
  search_interval:
    description: Seconds between searches. Latencies by search are exact to this.
    type: float
    default: 0.2
seealso:
  - module: tracelab.k8s_tracing.tempo_ingestion_check
  - module: tracelab.k8s_tracing.tracing_report
"""

EXAMPLES = r"""
- name: Send traces through Alloy in the cluster and find them again
  tracelab.k8s_tracing.otlp_trace_probe:
    kubeconfig: ~/.kube/config
    namespace: tracing
    traces: 200
  register: probe

- name: Assert that they are found in time
  ansible.builtin.assert:
    that:
      - probe.by_id.p95 < 2
      - probe.by_search.p95 < 30

- name: Send straight to a Tempo over gRPC
  tracelab.k8s_tracing.otlp_trace_probe:
    url: http://127.0.0.1:3200
    otlp_url: http://127.0.0.1:4317
    protocol: grpc
    search: false
    strict: true

- name: Ten traces a second through a collector that wants a token
  tracelab.k8s_tracing.otlp_trace_probe:
    url: https://tempo.example.com
    bearer_token: "{{ tempo_token }}"
    otlp_url: https://collector.example.com
    otlp_headers:
      Authorization: "Bearer {{ collector_token }}"
    rate: 10
    traces: 100
"""

RETURN = r"""
satisfied:
  description: Whether everything was found as it was sent.
  type: bool
  returned: when traces were sent
verdict:
  description:
    - V(proven) when everything was found as it was sent, V(unmet) when something is known to be wrong.
    - V(could_not_look) when all that is wrong is that Tempo did not answer, or hides the time in question.
    - V(mismatch) when an answer is about another trace, or a search for this probe gives traces of others, so that a
      proxy or cache may ignore what is asked.
  type: str
  returned: when traces were sent
problems:
  description: What was not right, in words.
  type: list
  elements: str
  returned: when traces were sent
run_id:
  description: The run id.
  type: str
  returned: success
probe_id:
  description: Id of this probe alone, which all spans carry in the resource attribute C(probe.id).
  type: str
  returned: when traces were sent
service_name:
  description: The service of all spans.
  type: str
  returned: when traces were sent
traces:
  description: How many traces were sent and taken.
  type: int
  returned: when traces were sent
spans:
  description: How many spans these have.
  type: int
  returned: when traces were sent
trace_ids:
  description: Ids of up to 1000 of them.
  type: list
  elements: str
  returned: when traces were sent
failed_sends:
  description: How many traces could not be sent.
  type: int
  returned: when traces were sent
rejected:
  description: How many spans the receiver said it did not take.
  type: int
  returned: when traces were sent
lost:
  description: How many spans were not found, in the traces that could be read.
  type: int
  returned: when traces were sent
lost_trace_ids:
  description: Traces that lack spans.
  type: list
  elements: str
  returned: when traces were sent
unread_trace_ids:
  description: Traces of which is not known whether they are there, because Tempo answered no request for them.
  type: list
  elements: str
  returned: when traces were sent
unsearchable_trace_ids:
  description: Traces that search did not find.
  type: list
  elements: str
  returned: when traces were sent
duplicated:
  description: How many spans are stored more than once.
  type: int
  returned: when traces were sent
unexpected:
  description: How many spans there are in these traces that nobody sent.
  type: int
  returned: when traces were sent
altered:
  description: How many spans differ in any field.
  type: int
  returned: when traces were sent
alterations:
  description: Up to 100 fields that differ.
  type: list
  elements: dict
  returned: when traces were sent
  contains:
    trace_id:
      description: Id of the trace.
      type: str
    span_id:
      description: Id of the span.
      type: str
    field:
      description: Path of the field.
      type: str
    sent:
      description: The value that was sent, written with its type.
      type: str
    stored:
      description: The value that is stored, C(None) for none.
      type: str
stray_tenants:
  description: How many of the traces are in each of O(absent_tenants) that has any.
  type: dict
  returned: when traces were sent
added_attributes:
  description: Attributes that were added on the way.
  type: list
  elements: str
  returned: when traces were sent
  sample: [resource.k8s.pod.name]
export:
  description: How long sending took, in seconds.
  type: dict
  returned: when traces were sent
  contains: &latency
    count:
      description: How many were measured.
      type: int
    min:
      description: The shortest.
      type: float
    p50:
      description: Half of them were no longer than this.
      type: float
    p95:
      description: 95 of 100 were no longer than this.
      type: float
    p99:
      description: 99 of 100 were no longer than this.
      type: float
    max:
      description: The longest.
      type: float
    samples:
      description: All of them in order.
      type: list
      elements: float
by_id:
  description: Seconds from before a trace was sent until it was read whole by its id.
  type: dict
  returned: when traces were sent
  contains: *latency
by_search:
  description: Seconds from before a trace was sent until search found it, exact to O(search_interval).
  type: dict
  returned: when traces were sent
  contains: *latency
requests:
  description: How many requests it took, as C(exports), C(reads) and C(searches).
  type: dict
  returned: when traces were sent
tempo_version:
  description: Version that Tempo reports; null when it tells none.
  type: str
  returned: when traces were sent
elapsed_seconds:
  description: Seconds that the task took.
  type: float
  returned: when traces were sent
error:
  description: The error that ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(not_otlp) or V(connection_refused).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.options import PROBE_ARGUMENTS, run_probe
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **PROBE_ARGUMENTS}, supports_check_mode=True)
    finish(module, lambda: run_probe(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
