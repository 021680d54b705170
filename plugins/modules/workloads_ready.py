#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until workloads are rolled out, and explain why they are not."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: workloads_ready
short_description: Wait until workloads are rolled out, and explain why they are not
version_added: 0.1.0
description:
  - Waits until every given workload runs its newest version with all the pods it wants, each of them ready.
  - When the time is up, or as soon as waiting can't help, it fails with one line for each workload that is not ready.
    The line names the pod, the container, the reason, the last words of a container that crashed, and the command that
    shows more.
  - Waiting can't help when a container is in C(CrashLoopBackOff) after three restarts, when Pod Security refuses the
    pods, when a Job has failed, when a workload is scaled to 0, paused or suspended, or when for 20 seconds an image
    could not be pulled, a container could not be made from its configuration, or a quota was exceeded.
  - A Job counts as ready when a pod of it runs or has succeeded.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of the workloads.
    type: str
    default: tracing
  workloads:
    description: What to wait for.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of the workload.
        type: str
        choices: [Deployment, StatefulSet, DaemonSet, Job]
        required: true
      name:
        description: Name of the workload. One that is not there yet is waited for.
        type: str
        required: true
  timeout:
    description: Seconds to wait for all of them together.
    type: float
    default: 300
  poll_interval:
    description: Seconds between two looks at first. The pauses grow to five times as much.
    type: float
    default: 0.25
  diagnose:
    description:
      - Whether to look at pods, events, volume claims and logs to explain what is not ready, and to end the wait early
        when one of them says that waiting can't help.
      - What the user may not read is left out.
    type: bool
    default: true
notes:
  - The user of the kubeconfig needs the right to C(get) the workloads. For O(diagnose) it should be allowed to C(list)
    C(replicasets), C(pods), C(events) and C(persistentvolumeclaims), and to C(get) C(pods/log) and C(namespaces).
  - The last words of a container are a line of its log, which shows up in the failure of the task.
seealso:
  - module: kubernetes.core.k8s_info
"""

EXAMPLES = r"""
- name: Wait for the stack
  tracelab.k8s_tracing.workloads_ready:
    namespace: tracing
    workloads:
      - {kind: StatefulSet, name: tempo}
      - {kind: Deployment, name: alloy}
    timeout: 180
"""

RETURN = r"""
satisfied:
  description: Whether all workloads are ready.
  type: bool
  returned: when the API server answered
elapsed:
  description: How long the wait took, in seconds.
  type: float
  returned: when the API server answered
workloads:
  description: The workloads in the order of O(workloads).
  type: list
  elements: dict
  returned: when the API server answered
  contains:
    kind:
      description: Kind of the workload.
      type: str
    name:
      description: Name of the workload.
      type: str
    wanted:
      description: How many pods it wants; V(1) for a Job.
      type: int
    ready:
      description: How many pods of the newest version are ready; of a Job, V(1) when it has started.
      type: int
    seconds:
      description: When it was found ready, in seconds since the wait began; else when it was looked at last.
      type: float
blocking_pods:
  description:
    - Pods of an older version that are not ready, and whose StatefulSet therefore does not begin its update.
    - Kubernetes replaces such a pod only after somebody has deleted it.
  type: list
  elements: str
  returned: when the API server answered
  sample: [tempo-0]
error:
  description: What kept the wait from going on.
  type: dict
  returned: when an option or an answer of the API server is wrong
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.wait import WORKLOADS_ARGUMENTS, wait_for
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=WORKLOADS_ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: wait_for(module.params))


if __name__ == "__main__":
    main()
