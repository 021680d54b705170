#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a contract from a good trace."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: trace_contract_record
short_description: Write a contract from a good trace
version_added: 0.1.0
description:
  - Reads a trace from Grafana Tempo, and writes a contract by which M(tracelab.k8s_tracing.trace_contract_check) checks
    later traces.
  - The contract demands the same tree of spans, services, calls and status, the semantic conventions that the trace
    follows, and the values of attributes.
  - Another run of the application, with other ids and times, gives the same contract. Values that look like ids, ports,
    addresses, times or sizes are left out, and only their type is demanded. Parts of names that look like ids match
    anything.
  - A trace is recorded when it is whole, has one root, and the parent of each span is stored.
  - Edit the file afterwards. What it demands beyond your promises can go, and bounds of durations can be added.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - The trace is read and the contract returned, and no file is written.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - The difference is that of the file.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - A trace of another run gives the same file, unless the application has changed.
requirements:
  - kubernetes Python library, when O(url) is not set
  - PyYAML Python library
options:
  dest:
    description:
      - Path of the file to write, on the host that this task runs on. Its folder is made when it is not there.
      - A file that is there is replaced when its content differs.
    type: path
    required: true
  name:
    description: Name of the contract. By default service and name of the root span.
    type: str
  trace_id:
    description: Id of the trace. Leading zeros may be left out.
    type: str
  query:
    description:
      - TraceQL to search for, in place of O(trace_id). The newest trace is recorded.
      - P(tracelab.k8s_tracing.traceql#lookup) makes one out of values, safely quoted.
    type: str
  since:
    description:
      - From when on to search, as a duration back from now (V(90), V(15m), V(1h30m)) or as a Unix time in seconds.
    type: str
    default: 15m
  settle:
    description:
      - The trace is taken as whole when no span came to it for so many seconds, or when its last span ended five times
        as long ago. A trace that lacks a parent is given three times as long.
    type: float
    default: 6
  timeout:
    description: Seconds until the trace must be there and whole. V(0) looks once.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 1
seealso:
  - module: tracelab.k8s_tracing.trace_contract_check
"""

EXAMPLES = r"""
- name: Record a contract from a trace that is as it should be
  tracelab.k8s_tracing.trace_contract_record:
    trace_id: 4bf92f3577b34da6a3ce929d0e0e4736
    dest: tracing-contract.yml
    name: shop

- name: Record a contract from the newest order
  tracelab.k8s_tracing.trace_contract_record:
    query: '{ resource.service.name = "shop" && name = "GET /book" }'
    dest: tracing-contract.yml
"""

RETURN = r"""
dest:
  description: Path of the file.
  type: str
  returned: success
contract:
  description: Text of the contract.
  type: str
  returned: success
trace_id:
  description: Id of the trace, with 32 digits.
  type: str
  returned: success
span_count:
  description: Number of its spans.
  type: int
  returned: success
services:
  description: Services in it.
  type: list
  elements: str
  returned: success
notes:
  description: What is worth knowing about the contract.
  type: list
  elements: str
  returned: success
error:
  description: The error that ended the task, with C(kind), C(message), C(fix), C(retryable) and C(status).
  type: dict
  returned: on failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.recording import (
    RECORD_ARGUMENTS,
    record_contract,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import replace_file
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **RECORD_ARGUMENTS}, supports_check_mode=True)
    put = None if module.check_mode else replace_file
    finish(module, lambda: record_contract(module.params, put, with_diff=module._diff))


if __name__ == "__main__":
    main()
