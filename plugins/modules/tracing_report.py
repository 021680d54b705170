#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the result of a verification as a page, as JUnit XML and as JSON."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tracing_report
short_description: Write the result of a verification as a page, as JUnit XML and as JSON
version_added: 0.1.0
description:
  - Takes what other modules found out about a run and writes C(report.html), C(report.junit.xml) and C(report.json).
  - The page is one file that loads nothing else and needs no script. It shows the verdict, the way of the spans with
    the place of a break, what failed and why, latencies, the graph of services, one trace, and the account of spans.
  - The JUnit XML has one test case for each demand, as GitLab, GitHub and Jenkins show them.
  - Reports of failures are what it is for, so that any part of its input may be missing. It does not fail when the
    verdict is bad; see RV(proven).
  - It asks nothing and takes all options of the connection only to suit the defaults of its action group.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.connection.tempo
  - tracelab.k8s_tracing.connection.alloy
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - The time of the report stays that of the first one for as long as nothing else differs.
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - tracelab.k8s_tracing.tracing
options:
  dest:
    description:
      - Directory for the files. It is made when it is not there, with all above it.
      - One that is made opens to those whom O(mode) lets read the files.
      - Files of a report that are there are replaced when their content differs.
    type: path
    required: true
  check:
    description: Result of M(tracelab.k8s_tracing.tempo_ingestion_check), whether it failed or not.
    type: dict
    required: true
  account:
    description:
      - RV(tracelab.k8s_tracing.tracing_pipeline_info#module:account) of the run.
      - Without it, that of O(check) is taken, which has one only on failure.
    type: dict
  diagnosis:
    description:
      - RV(tracelab.k8s_tracing.tracing_pipeline_info#module:diagnosis) of the run.
      - When O(check) brings a diagnosis that names a place, that one is taken instead.
    type: dict
  balance_required:
    description:
      - Whether an O(account) that is not balanced, or in which a count is not known, makes the verdict bad.
      - Set it to V(false) where spans of others pass through the same pipeline, so that its counters are larger than
        the run.
    type: bool
    default: true
  generator:
    description:
      - The report of the generator, with C(run_id), C(traces_sent), C(spans_sent), C(spans_failed), C(seconds) and
        C(dropped_iterations).
      - All that was sent must be found.
    type: dict
  probe:
    description:
      - Result of M(tracelab.k8s_tracing.otlp_trace_probe), which measures how long single traces take. That of a task
        that was skipped counts as none.
      - Used are C(by_id) and C(by_search), each with C(p50), C(p95), C(max) and C(samples) in seconds, and C(traces),
        C(lost), C(duplicated), C(altered) and C(problems).
      - A span that was lost, duplicated or altered, or any other problem, makes the verdict bad.
    type: dict
  metrics:
    description:
      - Result of M(tracelab.k8s_tracing.span_metrics_check), whether it failed or not. That of a task that was skipped
        counts as none.
      - Metrics that did not arrive, or could not be asked for, make the verdict bad.
    type: dict
  balance_obstacle:
    description:
      - Why the account can't balance, where O(balance_required) is V(false).
      - Without it, that other spans pass through the same pipeline.
    type: str
  place:
    description: Where the run was. All files name what is given, so that a report says by itself of what it speaks.
    type: dict
    suboptions:
      server:
        description: URL of the API server.
        type: str
      context:
        description: Context of the kubeconfig.
        type: str
      namespace:
        description: Namespace of the stack.
        type: str
      kubernetes_version:
        description: Version of Kubernetes, such as V(v1.34.1).
        type: str
      collection_version:
        description: Version of this collection.
        type: str
  all_required:
    description:
      - Whether all that O(generator) sent must be found.
      - With V(false), as with sampling, what O(demands) says is enough, and one trace at least.
    type: bool
    default: true
  traces:
    description:
      - Further whole traces, in the shape of RV(tracelab.k8s_tracing.tempo_ingestion_check#module:sample_trace).
      - Calls between services are counted in them and in that trace.
    type: list
    elements: dict
    default: []
  demands:
    description: What O(check) asked for, which its result does not tell.
    type: dict
    suboptions:
      traces:
        description: How many traces there had to be. Those that O(generator) sent count without being named.
        type: int
      spans:
        description: How many spans there had to be. Those that O(generator) sent count without being named.
        type: int
      services:
        description: Services that had to appear.
        type: list
        elements: str
        default: []
      edges:
        description: Calls between services that had to be seen, each as C(parent -> child).
        type: list
        elements: str
        default: []
  components:
    description: What the pipeline consists of.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the component.
        type: str
        required: true
      version:
        description: Its version.
        type: str
      image:
        description: Its container image.
        type: str
      status:
        description: Its state, such as V(Running).
        type: str
  title:
    description: Title of the page and of the test suite.
    type: str
    default: Trace pipeline verification
  generated_at:
    description:
      - Time of the report, such as V(2026-01-31T12:00:00Z).
      - Without it, the present time is taken when the report differs from the one that is there.
    type: str
  mode:
    description:
      - Mode of the files, as an octal number in quotes. By default only their owner reads them, since attributes of
        spans may hold anything.
    type: str
    default: "0600"
  show_attributes:
    description:
      - Names of attributes that are shown although they look like secrets, such as V(http.request.header.cookie). V(*)
        shows all.
      - Else texts under a name such as C(authorization), C(password), C(token), C(secret), C(api_key), C(cookie) or
        C(private_key), and texts that look like a credential, are replaced by C(********).
    type: list
    elements: str
    default: []
seealso:
  - module: tracelab.k8s_tracing.tempo_ingestion_check
  - module: tracelab.k8s_tracing.tracing_pipeline_info
  - module: tracelab.k8s_tracing.otlp_trace_probe
"""

EXAMPLES = r"""
- name: Find the traces of the run
  tracelab.k8s_tracing.tempo_ingestion_check:
    run_id: "{{ k6_report.run_id }}"
    min_spans: "{{ k6_report.spans_sent }}"
    services: [frontend, cart]
    baseline: "{{ before.snapshot }}"
  register: proof
  failed_when: false # the report comes first

- name: Count after the run
  tracelab.k8s_tracing.tracing_pipeline_info:
    baseline: "{{ before.snapshot }}"
    generated_spans: "{{ k6_report.spans_sent }}"
    stored_spans: "{{ proof.span_count | default(omit) }}"
  register: after

- name: Write the report
  tracelab.k8s_tracing.tracing_report:
    dest: "{{ playbook_dir }}/report"
    check: "{{ proof }}"
    account: "{{ after.account }}"
    diagnosis: "{{ after.diagnosis }}"
    generator: "{{ k6_report }}"
    demands:
      services: [frontend, cart]
    components:
      - name: Tempo
        version: 2.8.0
        image: docker.io/grafana/tempo:2.8.0
        status: Running
  register: report

- name: Refuse a bad verdict
  ansible.builtin.assert:
    that: report.proven
    fail_msg: "{{ report.verdict }} See {{ report.files.html }}"
"""

RETURN = r"""
proven:
  description: Whether no demand failed.
  type: bool
  returned: success
verdict:
  description: The verdict in one sentence.
  type: str
  returned: success
  sample: all 728 spans of 101 traces arrived in Tempo.
place:
  description: Where the run was, in words; empty where O(place) does not say.
  type: str
  returned: success
  sample: namespace tracing, context kind-tracing, API server https://127.0.0.1:6443
failures:
  description: The demands that failed, each with what was found.
  type: list
  elements: str
  returned: success
  sample: ["Spans found: 0 of 728"]
files:
  description: Paths of the files.
  type: dict
  returned: success
  contains:
    html:
      description: The page.
      type: str
    junit:
      description: The JUnit XML.
      type: str
    json:
      description: The whole data, with C(schema_version).
      type: str
changed_files:
  description: Those of them whose content changed, or would change in check mode.
  type: list
  elements: str
  returned: success
error:
  description: The error that ended the task, with C(kind), C(message), C(fix), C(retryable) and C(status).
  type: dict
  returned: on failure
"""

from datetime import UTC, datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import replace_file
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.report import REPORT_ARGUMENTS, make_report
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec={**CONNECTION_ARGUMENTS, **REPORT_ARGUMENTS}, supports_check_mode=True)
    write = None if module.check_mode else replace_file
    finish(module, lambda: make_report(module.params, write, datetime.now(UTC)).to_result(with_diff=module._diff))


if __name__ == "__main__":
    main()
