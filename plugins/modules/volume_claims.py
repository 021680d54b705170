#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enlarge the volume claims of StatefulSets."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: volume_claims
short_description: Enlarge the volume claims of StatefulSets
version_added: 0.1.0
description:
  - Enlarges the volume claims that were made for the pods of a StatefulSet.
  - The claim templates of a StatefulSet are immutable. One whose templates request another size is
    deleted, and its pods stay. Whoever applies it next, such as Helm, makes it anew, and it takes the pods over.
  - A claim that is as large as it should be, or larger, is left alone. No claim is made, made smaller or deleted.
  - When a claim can't be enlarged, no StatefulSet is deleted.
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
      - The API server tells whether a claim can be enlarged.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - The sizes of claims and of claim templates are shown before and after.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - A StatefulSet that is not there is no change.
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of the StatefulSets.
    type: str
    default: tracing
  stateful_sets:
    description: StatefulSets, and what their claims should request. One that is not there may be made later.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the StatefulSet.
        type: str
        required: true
      claims:
        description: The size, by the name of the claim template.
        type: dict
        required: true
  timeout:
    description: Seconds until a StatefulSet that is deleted must be gone.
    type: float
    default: 60
notes:
  - The user of the kubeconfig needs the rights to C(list) and C(patch) persistentvolumeclaims, and to C(get) and
    C(delete) statefulsets.
  - The storage class of a claim must have C(allowVolumeExpansion=true), and the claim must be bound. Otherwise the API
    server refuses.
seealso:
  - module: tracelab.k8s_tracing.helm_release_plan
"""

EXAMPLES = r"""
- name: Enlarge the volume of Tempo
  tracelab.k8s_tracing.volume_claims:
    namespace: tracing
    stateful_sets:
      - name: tempo
        claims: {storage: 20Gi}
"""

RETURN = r"""
claims:
  description: Claims that were enlarged, or would be.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the claim.
      type: str
    before:
      description: What it requested.
      type: str
    after:
      description: What it requests now.
      type: str
deleted:
  description: Names of StatefulSets that were deleted without their pods, or would be.
  type: list
  elements: str
  returned: success
  sample: [tempo]
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
      description: Name of the error for programs, such as V(forbidden) or V(stateful_set_terminating).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import ARGUMENTS, run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: run(module.params, module.check_mode, module._diff))


if __name__ == "__main__":
    main()
