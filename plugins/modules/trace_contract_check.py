#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that traces look as a contract says."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: trace_contract_check
short_description: Check that traces look as a contract says
version_added: 0.1.0
description:
  - Reads a contract, a file that says what traces of an application must look like, and judges traces in Grafana Tempo
    by it. Fails with what was expected and what was found when a case is not met.
  - A case judges the trace of a request that it sends itself, with a C(traceparent) of its own, or traces that a search
    finds since a moment. All cases are checked at the same time. Those that search for the same share one search, and
    each trace is read once for all of them.
  - A trace is judged when it is whole, see O(settle). Old traces don't count.
  - What could not be read has a verdict of its own, and counts neither as right nor as wrong.
  - The format of a contract is described in the guide C(docs/trace-contracts.md), and as a JSON Schema in
    C(docs/tracing-contract.schema.json).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: partial
    details:
      - Cases whose request uses another method than C(GET), C(HEAD) or C(OPTIONS) are skipped. All others are checked.
      - O(junit) is not written.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - The difference is that between what a contract expects and what was found, for each case that is not met.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: partial
    details:
      - A request by another method than C(GET), C(HEAD) or C(OPTIONS) is a change each time.
requirements:
  - kubernetes Python library, when O(url) is not set or a request goes to a Service of the cluster
  - PyYAML Python library
options:
  src:
    description:
      - Path of the contract on the host that this task runs on.
      - It is read as it stands. Templates in it are not evaluated.
    type: path
  content:
    description:
      - The text of the contract, in place of O(src), such as C(lookup('ansible.builtin.file', 'tracing-contract.yml')).
    type: str
  request_url:
    description:
      - Address of the application, for cases whose request names a path alone. A path in it stands in front of theirs.
      - A Service of the cluster, as C(http://SERVICE.NAMESPACE.svc:PORT), is asked through the API server.
    type: str
  headers:
    description:
      - Headers for requests to O(request_url), such as C(Authorization). Requests to other addresses don't get them.
    type: dict
    default: {}
  trace_ids:
    description:
      - Ids of traces to judge in place of those that a search would find. Cases with a request of their own send it all
        the same.
    type: list
    elements: str
    default: []
  since:
    description:
      - From when on to search, as a duration back from now (V(90), V(15m), V(1h30m)) or as a Unix time in seconds.
      - A trace counts when it started since then by its own time.
    type: str
    default: 15m
  settle:
    description:
      - A trace is taken as whole when no span came to it for so many seconds, or when its last span ended five times as
        long ago. OpenTelemetry's SDKs send a span up to five seconds after its end.
      - A trace that lacks something is given three times as long.
    type: float
    default: 6
  timeout:
    description: Seconds until all cases must be decided. V(0) looks once.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 1
  junit:
    description:
      - Path of a JUnit XML file to write, with a test case for each case. Its folder is made when it is not there, and
        only the owner may read it.
      - An unmet case is a failure in it, and one that could not be judged an error.
    type: path
seealso:
  - module: tracelab.k8s_tracing.trace_contract_record
  - module: tracelab.k8s_tracing.tempo_ingestion_check
"""

EXAMPLES = r"""
- name: Check the traces of the shop since the deployment
  tracelab.k8s_tracing.trace_contract_check:
    src: tracing-contract.yml
    request_url: http://shop.example.svc:8080
    since: "{{ deployed_at }}"
    junit: reports/trace-contract.xml

- name: Judge one trace by a contract
  tracelab.k8s_tracing.trace_contract_check:
    url: https://tempo.example.com
    bearer_token: "{{ tempo_token }}"
    content: "{{ lookup('ansible.builtin.file', 'tracing-contract.yml') }}"
    trace_ids: [4bf92f3577b34da6a3ce929d0e0e4736]
"""

RETURN = r"""
satisfied:
  description: Whether all cases are met.
  type: bool
  returned: unless all cases were skipped
verdict:
  description:
    - V(proven) when all cases are met.
    - V(unmet) when traces were looked at, and are not as the contract says, or are not there.
    - V(could_not_look) when that is not known, because Tempo did not answer, hides the time in question, or has not got
      the whole of a trace yet.
    - V(mismatch) when what Tempo answers does not fit what it was asked, as when a proxy or cache before it ignores the
      query.
    - Of several cases, V(mismatch) comes before V(unmet), and V(unmet) before V(could_not_look).
  type: str
  returned: unless all cases were skipped
  sample: proven
name:
  description: Name of the contract.
  type: str
  returned: when Tempo was asked
cases:
  description: The cases in the order of the contract.
  type: list
  elements: dict
  returned: when Tempo was asked
  contains:
    name:
      description: Name of the case.
      type: str
    line:
      description: Line of the contract on which it begins.
      type: int
    verdict:
      description: As RV(verdict), or V(skipped) in check mode.
      type: str
    problems:
      description: What is not as it should be, or why that is not known.
      type: list
      elements: str
    trace_ids:
      description: Ids of the traces that it judged.
      type: list
      elements: str
    query:
      description: The TraceQL that was searched for; null when nothing was searched.
      type: str
    diff:
      description:
        - The tree of spans of the first trace in which something is wrong, as the lines of a diff. V(-) stands before
          what was expected, and V(+) before what was found.
      type: list
      elements: str
    seconds:
      description: Seconds from the start of the task until it was decided.
      type: float
  sample:
    - name: An order reaches the database
      line: 4
      verdict: unmet
      problems: ["Trace 4bf92f3577b34da6a3ce929d0e0e4736: expected a call shop -> stock, found no such call."]
      trace_ids: [4bf92f3577b34da6a3ce929d0e0e4736]
      query: null
      diff: ["- a call shop -> stock", "+ no such call", "  shop: GET /book (server)"]
      seconds: 18.4
traces_read:
  description: Number of traces that were read whole.
  type: int
  returned: when Tempo was asked
tempo_requests:
  description: Number of requests to Tempo.
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
junit:
  description: Path of the JUnit XML; null without O(junit).
  type: str
  returned: when no error ended the task
error:
  description: The error that ended the task, with C(kind), C(message), C(fix), C(retryable) and C(status).
  type: dict
  returned: on a fatal error
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.options import (
    CONTRACT_ARGUMENTS,
    Task,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import replace_file
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **CONTRACT_ARGUMENTS}, supports_check_mode=True)
    task = Task(module.params, None if module.check_mode else replace_file)
    finish(module, lambda: task.run(with_diff=module._diff), task.partial)


if __name__ == "__main__":
    main()
