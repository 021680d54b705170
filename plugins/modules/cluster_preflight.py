#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse a cluster on which a release could not work, before anything is touched."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_preflight
short_description: Refuse a cluster on which a release could not work, before anything is touched
version_added: 0.1.0
description:
  - Looks at a cluster before a release is installed or upgraded, and fails with everything that would go wrong, one
    problem a line, each with its fix.
  - Each part is looked at only when its option is given.
  - Changes nothing. Permissions are asked by C(SelfSubjectAccessReview), which is posted and stored nowhere.
  - What this user may not read is no problem by itself. It is returned under RV(unknown).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library
options:
  namespace:
    description:
      - Namespace that the release goes to.
      - It may be missing when this user may create it. One that is being deleted is refused.
    type: str
    default: tracing
  min_version:
    description: Oldest version of Kubernetes that will do, as C(major.minor). Quote it, or C(1.30) becomes C(1.3).
    type: str
    default: ''
  permissions:
    description:
      - What this user has to be allowed to do.
      - An administrator who may do everything is asked once; for everybody else each verb is one request.
    type: list
    elements: dict
    default: []
    suboptions:
      group:
        description: API group of the resource; empty for the core group.
        type: str
        default: ''
      resource:
        description: Plural name of the resource, with its subresource where one is meant, as V(services/proxy).
        type: str
        required: true
      verbs:
        description: Verbs on it.
        type: list
        elements: str
        required: true
      namespace:
        description: Namespace to do it in, by default O(namespace). An empty one means the whole cluster.
        type: str
  storage:
    description:
      - Volume claims of the release. The storage class of each has to exist.
      - Classes are not looked at when O(release_names) have as many bound volumes already.
    type: list
    elements: dict
    default: []
    suboptions:
      claim:
        description: What to call the claim in messages.
        type: str
        required: true
      storage_class:
        description:
          - Storage class. Empty for the cluster's default one, which then has to exist.
          - V(-) for none at all, as charts understand it. The volume is made by hand then.
        type: str
        default: ''
      size:
        description: Size, such as V(10Gi), for quotas and limit ranges.
        type: str
        default: ''
      replicas:
        description: How many such claims there will be.
        type: int
        default: 1
      option:
        description: Variable that sets the class, for the message.
        type: str
        default: ''
  crds:
    description: Custom resource definitions that have to exist.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name, such as V(servicemonitors.monitoring.coreos.com).
        type: str
        required: true
      needed_for:
        description: What needs it, for the message.
        type: str
        default: ''
      option:
        description: Variable that switches it off, for the message.
        type: str
        default: ''
  pods:
    description:
      - Pods of the release. Each has to fit on one of the nodes that are ready, and all of them into the quotas and
        limit ranges of the namespace.
      - Whether nodes have that much free is not looked at, for that changes from minute to minute.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call the pod in messages.
        type: str
        required: true
      replicas:
        description: How many such pods there will be.
        type: int
        default: 1
      containers:
        description:
          - How many containers the pod has.
          - With more than one, bounds for single containers (of a C(LimitRange)) are left to the API server.
        type: int
        default: 1
      requests:
        description:
          - What all of its containers together request, such as C(cpu) and C(memory).
          - A request that is missing equals the limit, as in Kubernetes.
        type: dict
        default: {}
      limits:
        description: What all of its containers together are limited to.
        type: dict
        default: {}
  release_names:
    description:
      - Helm releases that O(pods) and O(storage) belong to.
      - What they use already, found by the label C(app.kubernetes.io/instance), is taken off what quotas must hold.
    type: list
    elements: str
    default: []
    aliases: [release_name]
  exclusive:
    description:
      - Charts of which the namespace can hold one release only. Another release of the same chart is refused.
      - Releases are known from Helm's records, in Secrets or where E(HELM_DRIVER) says.
    type: list
    elements: dict
    default: []
    suboptions:
      chart:
        description: Name of the chart, without its repository.
        type: str
        required: true
      release_name:
        description: The release that may be there.
        type: str
        required: true
      reason:
        description: Why there can be one only, for the message.
        type: str
        default: ''
      option:
        description: Variable that names the release, for the message. By default made from the chart's name.
        type: str
        default: ''
  services:
    description: Services that have to exist, in any namespace, as something is sent to them or asked of them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the Service.
        type: str
        required: true
      namespace:
        description: Its namespace.
        type: str
        required: true
      option:
        description: Variable that leads to it, for the message.
        type: str
        required: true
      address:
        description: Value of that variable, for the message.
        type: str
        required: true
  named_secrets:
    description:
      - Secrets that must exist, with the keys that are read. They are made outside the roles. No content is returned.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      namespace:
        description: Its namespace. By default O(namespace).
        type: str
        default: ''
      keys:
        description: Keys that it must have.
        type: list
        elements: str
        default: []
      option:
        description: Variable that names it, for the message.
        type: str
        required: true
  new_workloads:
    description:
      - Kinds of the workloads that a first installation makes, such as C(StatefulSet), one for each. They and at least
        one of each resource that is created by O(permissions) have to fit into quotas on the number of objects.
      - Leave it out for a release that is there.
    type: list
    elements: str
  pod_security:
    description: Strictest level of the Pod Security Standards that the pods meet. The namespace may not enforce more.
    type: str
    default: ''
    choices: ['', privileged, baseline, restricted]
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Refuse a cluster that could not hold Tempo
  tracelab.k8s_tracing.cluster_preflight:
    namespace: tracing
    min_version: '1.25'
    permissions:
      - {group: apps, resource: statefulsets, verbs: [get, create, patch, delete]}
      - {resource: services/proxy, verbs: [get]}
    storage:
      - {claim: tempo, size: 10Gi, option: tempo_storage_class}
    pods:
      - name: tempo
        requests: {cpu: 200m, memory: 512Mi}
        limits: {memory: 2Gi}
    release_names: [tempo]
    exclusive:
      - {chart: tempo, release_name: tempo, reason: both would write ConfigMap tempo}
    pod_security: restricted

- name: Are there ServiceMonitors
  tracelab.k8s_tracing.cluster_preflight:
    crds:
      - name: servicemonitors.monitoring.coreos.com
        needed_for: the ServiceMonitors of Tempo
        option: tempo_service_monitor

- name: Who is the API server, for a NetworkPolicy
  tracelab.k8s_tracing.cluster_preflight:
  register: cluster

- name: Show its addresses
  ansible.builtin.debug:
    var: cluster.api_server_addresses
"""

RETURN = r"""
problems:
  description: Everything that has to be mended. The task fails unless it is empty.
  type: list
  elements: dict
  returned: when the cluster could be reached
  contains:
    check:
      description: The option that it belongs to, or V(namespace).
      type: str
    message:
      description: What is wrong.
      type: str
    fix:
      description: What to do.
      type: str
unknown:
  description: What could not be looked at, and why.
  type: list
  elements: str
  returned: when the cluster could be reached
server_version:
  description: Version of the API server. Empty when it may not be read.
  type: dict
  returned: when the cluster could be reached
  contains:
    major:
      description: Major version.
      type: int
    minor:
      description: Minor version, without what a distribution adds to it.
      type: int
    git_version:
      description: Full version, as in V(v1.29.3-gke.1).
      type: str
namespace_exists:
  description: Whether the namespace is there. Null when that may not be read.
  type: bool
  returned: when the cluster could be reached
api_server_addresses:
  description: IP addresses behind the Service C(default/kubernetes). Empty when they may not be read.
  type: list
  elements: str
  returned: when the cluster could be reached
pod_security_enforced:
  description: Level of the Pod Security Standards that the namespace enforces by its label. Empty without one.
  type: str
  returned: when the cluster could be reached
connection:
  description:
    - Which cluster this is about, as it was found by O(kubeconfig), O(context), the environment and the kubeconfigs
      themselves, read as C(kubectl) reads them.
    - Variables such as E(K8S_AUTH_HOST), which only some of what acts on a cluster would follow, are refused.
  type: dict
  returned: when the cluster could be reached
  contains:
    kubeconfig:
      description: Absolute path of the kubeconfig, or several with a colon between them. Empty for a pod's own account.
      type: str
    context:
      description: Context in it.
      type: str
    server:
      description: Address of the API server.
      type: str
    proxy:
      description: Proxy on the way there, without its login. Empty without one.
      type: str
    environment:
      description:
        - Variables for C(environment) of a task, by which C(helm), C(kubernetes.core) and the modules of this
          collection find this same cluster, whatever else is set. They hold no secret.
      type: dict
error:
  description: What ended the task.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs. V(preflight) when there are problems.
      type: str
    message:
      description: What went wrong.
      type: str
    fix:
      description: What to do. Empty for V(preflight), where each problem has its own.
      type: str
    retryable:
      description: Whether waiting can help.
      type: bool
    status:
      description: HTTP status, where there is one.
      type: int
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.preflight import preflight, refuse


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    seen: dict[str, Any] = {}

    def work() -> dict[str, Any]:
        seen.update(preflight(module.params))
        refuse(seen)
        return seen

    finish(module, work, lambda: seen)


if __name__ == "__main__":
    main()
