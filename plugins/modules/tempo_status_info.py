#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read version, readiness, configuration and limits of Tempo."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tempo_status_info
short_description: Read version, readiness, configuration and limits of Tempo
version_added: 0.1.0
description:
  - Reads what Grafana Tempo says about itself. Works with Tempo 2 and 3.
  - Only that there is a Tempo is demanded. One that is not ready, or hides parts of its API, is a result, no failure.
  - The configuration comes as Tempo shows it, with secrets masked by Tempo. What it shows beyond that is shown here.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.tempo
requirements:
  - kubernetes Python library, when O(url) is not set
  - PyYAML, for RV(config) and RV(limits); without it the texts are returned
options:
  config:
    description: Whether to read the whole configuration, which is long.
    type: bool
    default: true
seealso:
  - module: tracelab.k8s_tracing.tracing_pipeline_info
"""

EXAMPLES = r"""
- name: Read what Tempo says about itself
  tracelab.k8s_tracing.tempo_status_info:
    namespace: tracing
  register: tempo

- name: Refuse one that is not what we think it is
  ansible.builtin.assert:
    that:
      - tempo.ready
      - tempo.major in [2, 3]
      - tempo.limits.global.max_bytes_per_trace >= 5000000
    fail_msg: "{{ tempo.ready_reason }}"

- name: Wait until it is ready
  tracelab.k8s_tracing.tempo_status_info:
    url: http://127.0.0.1:3200
    config: false
  register: starting
  until: starting.ready | default(false)
  retries: 30
  delay: 2
"""

RETURN = r"""
version:
  description: Version; null when it tells none.
  type: str
  returned: success
  sample: 2.8.0
major:
  description: First number of the version; null when that is not known.
  type: int
  returned: success
ready:
  description: Whether it is ready; null when it does not say, as behind some gateways.
  type: bool
  returned: success
ready_reason:
  description: Why it is not ready.
  type: str
  returned: success
services:
  description: Tempo's own services, each with C(name), C(state) and C(failure).
  type: list
  elements: dict
  returned: success
services_running:
  description: Whether all of them run; null when none are shown.
  type: bool
  returned: success
multitenancy:
  description: Whether a tenant must be named; null when the configuration was not read.
  type: bool
  returned: success
limits:
  description: The limits that hold for O(tenant), as a tree; null when they could not be read.
  type: dict
  returned: success
limits_text:
  description: Limits and overrides of all tenants as Tempo shows them.
  type: str
  returned: success
config:
  description: The configuration in effect as a tree; null when it was not read.
  type: dict
  returned: success
config_text:
  description: The same as text.
  type: str
  returned: success
user_overrides:
  description: Overrides set through the API for O(tenant); null when there are none or that API is off.
  type: dict
  returned: success
notes:
  description: What could not be read, and why.
  type: list
  elements: str
  returned: success
error:
  description: The error that ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(not_tempo) or V(connection_refused).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.status_info import STATUS_ARGUMENTS, status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    TEMPO_ARGUMENTS,
    tempo_transport,
)


def main() -> None:
    module = AnsibleModule(argument_spec={**TEMPO_ARGUMENTS, **STATUS_ARGUMENTS}, supports_check_mode=True)
    finish(module, lambda: status(module.params, tempo_transport(module.params)))


if __name__ == "__main__":
    main()
