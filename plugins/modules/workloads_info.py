#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List pods, workloads and volume claims."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: workloads_info
short_description: List pods, workloads and volume claims
version_added: 0.1.0
description:
  - Lists pods, Deployments, StatefulSets, DaemonSets and volume claims of one namespace, or of several.
  - It sends one request for each kind and namespace, and needs no discovery.
  - A namespace in which not all of them can be listed, such as for want of a right, is named, and is no error.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace to look in.
    type: str
    default: tracing
  namespaces:
    description: Namespaces to look in, in place of O(namespace).
    type: list
    elements: str
    default: []
  label_selector:
    description: What the labels of the objects must be, as C(kubectl) takes it. By default all objects count.
    type: str
    default: ''
seealso:
  - module: tracelab.k8s_tracing.workloads_ready
"""

EXAMPLES = r"""
- name: List what belongs to Tempo
  tracelab.k8s_tracing.workloads_info:
    namespaces: [tracing, monitoring]
    label_selector: app.kubernetes.io/name=tempo
"""

RETURN = r"""
resources:
  description: The objects, without C(metadata.managedFields).
  type: list
  elements: dict
  returned: success
unread:
  description: Why not all could be listed, by the namespace in which it is so.
  type: dict
  returned: success
connection:
  description: The cluster that this is about, as M(tracelab.k8s_tracing.cluster_preflight) returns it.
  type: dict
  returned: success
error:
  description: The error that ended the task, with C(kind), C(message), C(fix), C(retryable) and C(status).
  type: dict
  returned: on failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.workloads_info import ARGUMENTS, run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: run(module.params))


if __name__ == "__main__":
    main()
