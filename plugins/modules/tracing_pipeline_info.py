#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count spans on their way through Alloy and Tempo."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tracing_pipeline_info
short_description: Count spans on their way through Alloy and Tempo
version_added: 0.1.0
description:
  - Reads what Grafana Alloy and Grafana Tempo count about spans, and returns it as one snapshot.
  - Given an earlier snapshot, it returns the account between the two moments and says where spans were lost, if any.
  - A component that cannot be read does not fail the task; the snapshot then holds the reason in its place.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
  - tracelab.k8s_tracing.connection.alloy
requirements:
  - kubernetes Python library, when O(url) is not set
options:
  baseline:
    description: RV(snapshot) of an earlier task, from which to count.
    type: dict
  generated_spans:
    description: How many spans the generator reports for the time since O(baseline).
    type: int
  stored_spans:
    description: How many of them are stored, as RV(tracelab.k8s_tracing.tempo_ingestion_check#module:span_count) tells.
    type: int
  settle_timeout:
    description:
      - Seconds to wait until Alloy's queue is empty and no counter moves any more. V(0) does not wait.
      - When that time is over the task goes on with the counters as they are; see RV(settled).
    type: float
    default: 0
  poll_interval:
    description: Seconds between the first looks while it settles; later pauses grow up to five times that.
    type: float
    default: 1
  generator_pods:
    description:
      - Pods of generators that go on sending meanwhile, such as an endless one of
        P(tracelab.k8s_tracing.k6_trace_generator#role).
      - Their own counts, by k6's status API on port 6565, go into the account beside those of O(generated_spans).
      - Not with O(url).
    type: list
    elements: str
    default: []
  generator_namespace:
    description: Namespace of O(generator_pods). Default is that of O(namespace).
    type: str
seealso:
  - module: tracelab.k8s_tracing.tempo_ingestion_check
"""

EXAMPLES = r"""
- name: Count before the run
  tracelab.k8s_tracing.tracing_pipeline_info:
    namespace: tracing
  register: before

# Here the generator makes its spans.

- name: Count after the run
  tracelab.k8s_tracing.tracing_pipeline_info:
    namespace: tracing
    baseline: "{{ before.snapshot }}"
    generated_spans: "{{ k6_report.spans }}"
    stored_spans: "{{ proof.span_count }}"
    settle_timeout: 30
  register: after

- name: Show the account
  ansible.builtin.debug:
    msg: "{{ after.account.rows }}"

- name: Refuse any loss
  ansible.builtin.assert:
    that: after.account.balanced is true
    fail_msg: "{{ after.diagnosis.message }} {{ after.diagnosis.fix }}"
"""

RETURN = r"""
snapshot:
  description: The counters at this moment, to be given as O(baseline) later.
  type: dict
  returned: success
  contains:
    taken_at:
      description: Unix time of the snapshot.
      type: float
    alloy:
      description: Alloy's counters; null when it was not looked at.
      type: dict
      contains:
        where:
          description: What was asked.
          type: str
        instances:
          description: Counters by pod or address.
          type: dict
        totals:
          description: The counters added up.
          type: dict
        error_kind:
          description: Name of the error when not all could be read, else empty.
          type: str
        error:
          description: The error in words.
          type: str
    tempo:
      description: Tempo's counters; null when it was not looked at.
      type: dict
      contains:
        where:
          description: What was asked.
          type: str
        instances:
          description: Counters by pod or address.
          type: dict
        totals:
          description: The counters added up.
          type: dict
        error_kind:
          description: Name of the error when not all could be read, else empty.
          type: str
        error:
          description: The error in words.
          type: str
    generators:
      description: Counters of O(generator_pods), in the same form as those of Alloy; null without them.
      type: dict
    took:
      description: Seconds that it took to read all of them.
      type: float
settled:
  description: Whether the counters came to rest; null without O(settle_timeout).
  type: bool
  returned: success
elapsed_seconds:
  description: Seconds that it took.
  type: float
  returned: success
account:
  description: Spans on their way since O(baseline); null without one.
  type: dict
  returned: success
  contains:
    generated:
      description: Spans that the generator reports. Null when not known, as for all of these.
      type: int
    background:
      description:
        - Spans that O(generator_pods) report as sent.
        - Null without them, or when one of them could not be read or was started again.
      type: int
    background_traces:
      description: Traces that O(generator_pods) report as sent. Null as C(background) is.
      type: int
    others:
      description: Spans that Alloy accepted beyond C(generated) and C(background). Null when one of them is not known.
      type: int
    tolerance:
      description: How many spans of C(background) may have been on their way, so that counts differ without a loss.
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
      description:
        - Whether generated, accepted, sent, received and stored are the same; null when some is not known.
        - With C(background) they may differ by that and by C(tolerance), but C(generated) and C(stored) may not.
      type: bool
    notes:
      description: Restarts and other reasons to doubt a count.
      type: list
      elements: str
    rows:
      description: The account as a table, with C(stage), C(label) and C(spans).
      type: list
      elements: dict
diagnosis:
  description: Where spans stopped since O(baseline); null without one.
  type: dict
  returned: success
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
error:
  description: The error that ended the task, with C(kind), C(message), C(fix), C(retryable) and C(status).
  type: dict
  returned: on failure
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.generators import (
    GENERATOR_ARGUMENTS,
    generator_transports,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.snapshot import (
    SNAPSHOT_ARGUMENTS,
    snapshot_settings,
    take,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    transports,
)


def main() -> None:
    arguments = {**CONNECTION_ARGUMENTS, **SNAPSHOT_ARGUMENTS, **GENERATOR_ARGUMENTS}
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    finish(module, lambda: look(module.params))


def look(params: Mapping[str, Any]) -> dict[str, Any]:
    settings, (tempo, alloy) = snapshot_settings(params), transports(params)
    return take(settings, tempo, alloy, generators=generator_transports(params))


if __name__ == "__main__":
    main()
