#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the objects that stand beside a Helm release, and no others."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_objects
short_description: Keep the objects that stand beside a Helm release, and no others
version_added: 0.1.0
description:
  - Applies objects that belong to a release but that its chart does not make, such as a network policy or a service
    monitor, and removes those of an earlier run that are no longer wanted.
  - The objects are found again by the labels C(app.kubernetes.io/managed-by=tracelab.k8s_tracing) and
    C(app.kubernetes.io/instance), which this module sets.
  - Applied on the server, so that what others set in an object stays, and what it would become is known in check mode.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - The API server tells what an object would become.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - Each object that changes is shown before and after.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - Changed is what the API server says has changed.
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of the release and of its objects.
    type: str
    default: tracing
  release_name:
    description: Name of the release.
    type: str
    required: true
  objects:
    description:
      - The objects, of the kinds C(ConfigMap), C(NetworkPolicy), C(PrometheusRule), C(Service) and
        C(ServiceMonitor).
      - API version, namespace and the two labels are filled in.
      - In the C(ingress) of a network policy the peer C(apiServer) with an empty map stands for the addresses of the
        API servers, read from the Service C(kubernetes). Where they may not be read it stands for nobody.
      - With none, all objects of the release are removed.
    type: list
    elements: dict
    default: []
notes:
  - The user of the kubeconfig needs the rights to C(get), C(create), C(patch), C(list) and C(delete) the kinds that are
    given. A kind that may not be listed is taken to have no objects.
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Let only Alloy send spans to Tempo
  tracelab.k8s_tracing.release_objects:
    namespace: tracing
    release_name: tempo
    objects:
      - kind: NetworkPolicy
        metadata:
          name: tempo
        spec:
          podSelector:
            matchLabels: {app.kubernetes.io/instance: tempo}
          policyTypes: [Ingress]
          ingress:
            - ports: [{port: 4317}]
              from:
                - podSelector:
                    matchLabels: {app.kubernetes.io/name: alloy}
"""

RETURN = r"""
objects:
  description: Kind, namespace and name of each object that changed, or would.
  type: list
  elements: str
  returned: success
  sample: [NetworkPolicy tracing/tempo]
connection:
  description: The cluster that this is about, as M(tracelab.k8s_tracing.cluster_preflight) returns it.
  type: dict
  returned: success
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(forbidden) or V(invalid_option).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.companion_objects import ARGUMENTS, run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: run(module.params, module.check_mode, module._diff))


if __name__ == "__main__":
    main()
