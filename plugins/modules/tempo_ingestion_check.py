#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove through Tempo's API that spans arrived."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tempo_ingestion_check
short_description: Prove through Tempo's API that spans arrived
version_added: 0.1.0
description:
  - Waits until Grafana Tempo holds the traces that are asked for, and fails with a diagnosis when it does not in time.
  - Asks Tempo through the Kubernetes API server's service proxy, or at a URL. Works with Tempo 2 and 3.
  - On failure the counters of Alloy and Tempo tell at which stage spans stopped, with the figures and what to do.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
  - tracelab.k8s_tracing.connection.alloy
requirements:
  - kubernetes Python library, when O(url) is not set
  - jmespath Python library, when O(expressions) is set
options:
  query:
    description:
      - TraceQL that traces must match.
      - With O(run_id) or O(attributes) it works on the spans that these leave over.
    type: str
  services:
    description:
      - Names of services that must all appear in the matched traces, each in at least one.
      - They narrow the search only when O(query), O(run_id), O(attributes) and O(trace_ids) are all unset.
    type: list
    elements: str
    default: []
  absent_services:
    description:
      - Names of services that must not appear in the matched traces.
      - One that appears fails the task at once. Without any other demand (O(min_traces=0)), the whole O(timeout) is
        watched.
      - Held to be met only for a time that Tempo lets a search see, at least up to the start of this task. Where Tempo
        hides the newest spans (see O(timeout)) or keeps them in memory first, this is waited for beyond the time limit.
        With O(timeout=0) a hidden time means that the check can't be made.
    type: list
    elements: str
    default: []
  attributes:
    description:
      - Attributes that spans must have, by name with scope, such as V(resource.k8s.namespace.name) or
        V(span.http.method). A name without scope matches in any.
      - The fields V(name), V(status) and V(kind) work as well.
      - The type of a value matters. V(200) and V("200") are different.
    type: dict
    default: {}
  run_id:
    description: Id of one run of the generator, which spans must carry in the resource attribute O(run_id_attribute).
    type: str
  run_id_attribute:
    description: Name of the resource attribute that holds the run id, without scope.
    type: str
    default: tracing.run.id
  min_traces:
    description: How many traces there must be at least.
    type: int
    default: 1
  max_traces:
    description:
      - How many traces there may be at most. More of them fail the task at once.
      - As with O(absent_services), a time that Tempo does not show yet is waited for.
    type: int
  min_spans:
    description: How many spans must match at least, over all traces.
    type: int
    default: 0
  expect_edges:
    description: Calls between services that must be seen in whole traces, each as C(parent -> child).
    type: list
    elements: str
    default: []
  max_error_rate:
    description:
      - Which share of the traces may have an error, from V(0) to V(1). A trace has one when any of its spans has the
        status error, whether that span matches or not.
      - It is computed over all traces that RV(trace_count) counts, so over those that a search finds, or without a
        search over those of O(trace_ids). With RV(truncated) these are not all there are.
      - Search tells of each trace how many spans have an error, at no further request. Where it does not, as with
        blocks of an old format, these traces are read whole, up to 20 in each look.
      - An error that is stored in another block than all spans that match is seen only where the trace is read whole.
      - Judged once O(min_traces), O(min_spans) and O(services) are met. Without any other demand (O(min_traces=0)),
        the whole O(timeout) is watched, and the last look counts.
    type: float
  min_duration:
    description:
      - How long each trace that RV(trace_count) counts must have taken at least, such as V(5ms) or V(2s). A number
        without unit is in seconds.
      - A trace that is read whole is measured to the nanosecond. Search tells whole milliseconds, and the fraction
        that is cut off is not held against a trace.
      - Judged when O(max_error_rate) is.
    type: str
  max_duration:
    description: How long each trace may have taken at most, measured and judged as for O(min_duration).
    type: str
  expressions:
    description:
      - JMESPath expressions that must be true for traces that are read whole. Each works on one trace, in the shape of
        RV(sample_trace).
      - As text, an expression must be true for at least one of the traces read. More than O(sample) are read where
        none of them does.
      - As a dict with C(expression) and C(quantifier), V(quantifier=all) demands it of every trace that is read, and
        of one at least; V(quantifier=any) is the same as text. Raise O(sample) to have more traces read.
      - By the rules of JMESPath all is true but null, false, and empty text, lists and dicts. A trace that a function
        in the expression cannot work on counts as not true.
      - Numbers stand in backticks, and text in single quotes.
    type: list
    elements: raw
    default: []
  trace_ids:
    description:
      - Ids of traces that must all be there, read four at a time. Leading zeros may be left out.
      - With O(query), O(run_id) or O(attributes) these are a demand beside the search, which has to meet all counts and
        services by itself.
      - Without O(query), O(run_id) and O(attributes) nothing is searched, and only these traces are looked at.
        Reading by id works at once, while search sees a trace some seconds later.
    type: list
    elements: str
    default: []
  since:
    description:
      - From when on to search, as a duration back from now (V(90), V(15m), V(1h30m)) or as a Unix time in seconds.
      - A trace counts when it started since then by its own time. One that began before and reached into this time does
        not count, nor one that starts more than a minute after now.
      - A range that is longer than Tempo allows (seven days by default) is asked for in pieces.
    type: str
    default: 15m
  limit:
    description:
      - How many traces to read at most. Counts are cut off there, see RV(truncated).
      - By default V(10000), or as many as O(min_traces) and O(max_traces) take.
      - Where Tempo gives fewer at a time (C(max_result_limit)), the range is read in pieces, down to a second.
    type: int
  sample:
    description:
      - How many traces to read whole as evidence. Each takes a request, and is compared with what was asked; see
        RV(compared).
      - For O(expect_edges), O(expressions) and O(max_error_rate) more are read where that is needed.
    type: int
    default: 1
  timeout:
    description:
      - Seconds to wait until all demands are met. V(0) looks once.
      - Tempo 3 hides the last 30 seconds from search unless C(query_frontend.query_end_cutoff) says otherwise. What
        was sent just now can't be found sooner, and what must stay away (O(absent_services), O(max_traces), or bounds
        without any other demand) is watched about that much longer than O(timeout).
      - The diagnosis after a failure takes up to 5 seconds more.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 1
  diagnose:
    description: Whether to read the counters of Alloy and Tempo, so that a failure says where spans stopped.
    type: bool
    default: true
  baseline:
    description:
      - RV(tracelab.k8s_tracing.tracing_pipeline_info#module:snapshot) from before the spans were made.
      - The diagnosis counts from there.
      - Without it the counters at the start of this task are used, which have moved already when the generator ran
        before.
    type: dict
  distributor_service:
    description:
      - Name of the Service in O(namespace) whose pods count what Tempo receives, for the diagnosis. Where Tempo runs in
        components that is C(tempo-distributor), since those that answer queries receive nothing.
      - By default the same as O(service). Not used with O(url).
    type: str
    version_added: 0.1.0
  generated_spans:
    description: How many spans the generator reports, for the diagnosis.
    type: int
seealso:
  - module: tracelab.k8s_tracing.tracing_pipeline_info
  - plugin: tracelab.k8s_tracing.trace_tree
    plugin_type: filter
  - name: TraceQL
    description: The query language of Tempo.
    link: https://grafana.com/docs/tempo/latest/traceql/
"""

EXAMPLES = r"""
- name: Prove that the spans of this run arrived, through the service proxy
  tracelab.k8s_tracing.tempo_ingestion_check:
    kubeconfig: ~/.kube/config
    namespace: tracing
    run_id: "{{ run_id }}"
    services: [shop, cart, payment]
    expect_edges:
      - shop -> cart
      - cart -> payment
    min_spans: "{{ k6_report.spans }}"
    generated_spans: "{{ k6_report.spans }}"
    baseline: "{{ before.snapshot }}"
    timeout: 90
  register: proof

- name: Show one trace
  ansible.builtin.debug:
    msg: "{{ proof.sample_trace | tracelab.k8s_tracing.trace_tree }}"

- name: Find failed checkouts at an address of its own
  tracelab.k8s_tracing.tempo_ingestion_check:
    url: https://tempo.example.com/tempo
    bearer_token: "{{ tempo_token }}"
    tenant: team-a
    query: '{ name = "checkout" && status = error }'
    attributes:
      resource.k8s.namespace.name: shop
    since: 1h

- name: Wait for one trace by its id
  tracelab.k8s_tracing.tempo_ingestion_check:
    trace_ids: [4bf92f3577b34da6a3ce929d0e0e4736]

- name: Assert that the traces of a run are fast and sound, and that a checkout reached the database
  tracelab.k8s_tracing.tempo_ingestion_check:
    run_id: "{{ run_id }}"
    min_traces: 100
    max_error_rate: 0.01
    min_duration: 1ms
    max_duration: 2s
    expressions:
      - "spans[?service == 'payment' && attributes.\"db.system\" == 'postgresql']"
      - expression: span_count > `3` && root_service == 'shop'
        quantifier: all

- name: Make sure that for half a minute nothing comes from a service
  tracelab.k8s_tracing.tempo_ingestion_check:
    absent_services: [legacy]
    min_traces: 0
    since: "{{ now().timestamp() | int }}"
    timeout: 30
"""

RETURN = r"""
satisfied:
  description: Whether all demands were met.
  type: bool
  returned: always
verdict:
  description:
    - V(proven) when all demands were met.
    - V(unmet) when Tempo was looked into, and what was demanded is not there, or what must not be there is.
    - V(could_not_look) when that is not known, because Tempo did not answer, hides the time in question, or gave only a
      part of the traces. It never says that spans did not arrive.
    - V(mismatch) when what Tempo answers does not fit what it was asked, as when a proxy or cache before it ignores the
      query. See RV(compared).
  type: str
  returned: always
  sample: proven
seen_until:
  description:
    - Unix time up to which the newest search could see, on Tempo's clock.
    - Null when it was not looked up, because all demands were met without.
  type: int
  returned: when Tempo was asked
query:
  description: The TraceQL that was searched for; null when nothing was searched.
  type: str
  returned: when Tempo was asked
  sample: '{ resource.tracing.run.id = "r-1" }'
traces:
  description: Up to 100 of the traces, those read whole first, then the newest.
  type: list
  elements: dict
  returned: when Tempo was asked
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
      description: Duration in nanoseconds; to the millisecond for a trace that was not read whole.
      type: int
    span_count:
      description: Spans in the trace.
      type: int
    matched_spans:
      description: Those of them that match.
      type: int
    services:
      description: Services in the trace.
      type: list
      elements: str
trace_ids:
  description: Ids of all traces seen by search or by id, with 32 digits each.
  type: list
  elements: str
  returned: when Tempo was asked
services:
  description: Services in the traces.
  type: list
  elements: str
  returned: when Tempo was asked
edges:
  description: Calls between services in the traces that were read whole.
  type: list
  elements: str
  returned: when Tempo was asked
  sample: [shop -> cart]
trace_count:
  description: Number of traces that the search finds; without a search, that are read by id.
  type: int
  returned: when Tempo was asked
span_count:
  description:
    - Number of matching spans.
    - As search counts them, which falls short for a trace whose spans lie in two blocks. When O(min_spans) is not
      reached that way, the traces are read whole and counted, for up to 200 traces and where nothing but O(run_id) and
      resource attributes select the spans.
  type: int
  returned: when Tempo was asked
error_rate:
  description:
    - Share of the traces with an error, over the traces that RV(trace_count) counts.
    - Null when there are none, or when it is not known of each.
  type: float
  returned: when Tempo was asked and O(max_error_rate) is set
  sample: 0.01
truncated:
  description: Whether there may be more traces, because the search ended at O(limit), at a cap of Tempo's, or early.
  type: bool
  returned: when Tempo was asked
sample_trace:
  description:
    - The whole trace with the most services, as P(tracelab.k8s_tracing.trace_tree#filter) takes it.
    - Null when none was read whole.
  type: dict
  returned: when Tempo was asked
compared:
  description:
    - How far the answers were held against what was asked. Where they do not fit, RV(verdict) is V(mismatch).
    - A trace that is read whole has to be the one that was asked for, to lie in the time that was asked for, and to
      have the services, the errors and the duration that search reported for it.
    - One of its spans has to meet what O(run_id), O(attributes) and O(query) ask for, as far as that can be judged
      outside of Tempo.
  type: dict
  returned: when Tempo was asked
  contains:
    traces:
      description: How many traces were read whole and compared. With O(sample=0) none is.
      type: int
    query:
      description:
        - The part of RV(query) that they were held against, as TraceQL; null when there is none.
        - Of a query it is the comparisons with C(=), C(<), C(>), C(<=) and C(>=) in its first filter, where C(&&) joins
          them. Regular expressions, C(!=), C(||), structural operators, aggregates, links, parents and instrumentation
          scopes are left to Tempo.
      type: str
  sample: {traces: 1, query: '{ resource.tracing.run.id = "r-1" }'}
latency:
  description: Seconds from the start of the task until each way first saw what was asked; null when it did not.
  type: dict
  returned: when Tempo was asked
  contains:
    search_seconds:
      description: By search, all counts and services.
      type: float
    by_id_seconds:
      description: By id, all of O(trace_ids), or the first trace that a search had found.
      type: float
tempo_version:
  description: Version that Tempo reports; null when it tells none.
  type: str
  returned: when Tempo was asked
  sample: 2.8.0
attempts:
  description: Number of looks; null when a fatal error ended them.
  type: int
  returned: when Tempo was asked
elapsed_seconds:
  description: Seconds that the task took.
  type: float
  returned: when Tempo was asked
notes:
  description: What is worth knowing about the result.
  type: list
  elements: str
  returned: when Tempo was asked
unmet:
  description: The demands that are not met.
  type: list
  elements: str
  returned: on failure
diagnosis:
  description: Where spans stopped; null when O(diagnose=false).
  type: dict
  returned: on failure
  contains:
    stage:
      description:
        - First stage at which spans stopped.
        - One of V(generator), V(generator_to_alloy), V(alloy), V(alloy_to_tempo), V(tempo_discarded),
          V(tempo_search), V(none) and V(unknown).
      type: str
    message:
      description: What happened there.
      type: str
    fix:
      description: What to do.
      type: str
    evidence:
      description: The figures, and what could not be read.
      type: list
      elements: str
account:
  description: Spans on their way, counted since the baseline; null when O(diagnose=false).
  type: dict
  returned: on failure
  contains:
    generated:
      description: Spans that the generator reports. Null when not known, as for all of these.
      type: int
    background:
      description: Spans of other generators. Null here, as C(background_traces) and C(others), since none is asked for.
      type: int
    background_traces:
      description: As C(background), in traces.
      type: int
    others:
      description: Spans that no generator reports.
      type: int
    tolerance:
      description: How many spans of C(background) may have been on their way. V(0) here.
      type: int
    accepted:
      description: Spans that Alloy accepted.
      type: int
    refused:
      description: Spans that Alloy refused.
      type: int
    queued:
      description: Batches in the queue of Alloy's exporter.
      type: int
    sent:
      description: Spans that Alloy sent.
      type: int
    send_failed:
      description: Spans that Alloy's exporter gave up.
      type: int
    enqueue_failed:
      description: Spans that the queue of Alloy's exporter did not take.
      type: int
    received:
      description: Spans that Tempo's distributor received.
      type: int
    receiver_refused:
      description: Spans that Tempo's receiver refused.
      type: int
    kafka_failed:
      description: Records that a Tempo in components could not write to Kafka; null for one without a Kafka.
      type: int
    discarded:
      description: Spans that Tempo threw away, by reason.
      type: dict
    discarded_total:
      description: Their sum. Null when Tempo's counters could not be read.
      type: int
    stored:
      description: Spans that are found.
      type: int
    lost:
      description: Spans that the generator reports and that are not found.
      type: int
    losses:
      description:
        - Where spans stayed behind, in the order of the way. Counts of a component that restarted are passed over.
        - A batch that was sent twice is no loss.
      type: list
      elements: dict
      contains:
        after:
          description: The last stage at which these spans were counted.
          type: str
        before:
          description: The stage that they did not reach.
          type: str
        spans:
          description: How many.
          type: int
        reasons:
          description: What the components themselves say of spans that they gave up.
          type: dict
    balanced:
      description: Whether generated, accepted, sent, received and stored are the same; null when some is not known.
      type: bool
    notes:
      description: Restarts and other reasons to doubt a count.
      type: list
      elements: str
    rows:
      description: The account as a table, with C(stage), C(label) and C(spans).
      type: list
      elements: dict
error:
  description: The error that ended the task, when it was not an unmet demand.
  type: dict
  returned: on a fatal error
  contains:
    kind:
      description: Name of the error for programs, such as V(bad_query) or V(service_not_found).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.check import Check
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import (
    CHECK_ARGUMENTS,
    check_settings,
    distributors,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    transports,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import not_looked


def main() -> None:
    module = AnsibleModule(argument_spec={**CONNECTION_ARGUMENTS, **CHECK_ARGUMENTS}, supports_check_mode=True)
    checks: list[Check] = []

    def work() -> dict[str, object]:
        settings = check_settings(module.params, time.time())
        checks.append(Check(settings, *transports(module.params), counted=distributors(module.params)))
        return checks[0].run()

    finish(module, work, lambda: checks[0].partial_evidence() if checks else not_looked())


if __name__ == "__main__":
    main()
