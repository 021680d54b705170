#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what Helm releases are made of into a folder for Kustomize."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_manifests
short_description: Write what Helm releases are made of into a folder for Kustomize
version_added: 0.1.0
description:
  - Renders releases without a cluster, and writes a folder for each part of the stack, with a file for each object and
    a C(kustomization.yaml), and one C(kustomization.yaml) for all of them, for Argo CD, Flux or C(kubectl apply -k).
  - The same options make the same bytes.
  - Secrets are not written. RV(secrets) and the C(README.md) of the folder list those that have to be there.
  - Hooks and tests of charts are not written either.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Charts are rendered, and nothing is written.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - Each file that changes is shown before and after.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - A chart of a repository without a version is downloaded each time, and changes when there is a newer one.
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
    details:
      - The group is for modules that speak to a cluster.
requirements:
  - Helm 3 or 4
options:
  path:
    description:
      - The folder. It is created when it is missing.
      - One that holds a file which this module has not written is refused. Files of parts that are gone are removed.
    type: path
    required: true
  releases:
    description:
      - The releases, with the options of O(tracelab.k8s_tracing.helm_release_plan#module:releases). The C(id) of each
        begins with the name of its part, up to a slash, which names the folder.
      - One without C(chart_ref) is what stands beside somebody else's release. Its C(objects) are written, and no
        namespace is.
      - Values of C(fresh_values) are made of all other values and of the chart, so that they change with them alone.
      - The peer C(apiServer) of a network policy, as M(tracelab.k8s_tracing.release_objects) knows it, stands for
        nobody.
    type: list
    elements: dict
    required: true
  kube_version:
    description: Version of Kubernetes that charts are rendered for.
    type: str
    default: "1.25.0"
  api_versions:
    description: Kinds and groups, beside those of Kubernetes itself, that charts are to find, such as
      V(monitoring.coreos.com/v1).
    type: list
    elements: str
    default: []
  namespace_labels:
    description: Labels of the namespaces of the releases.
    type: dict
    default: {}
  foreign_namespaces:
    description: Namespaces that do not belong to the stack. They are not written, and RV(notes) lists them.
    type: list
    elements: str
    default: []
seealso:
  - module: tracelab.k8s_tracing.helm_release_plan
"""

EXAMPLES = r"""
- name: Write the manifests of Tempo
  tracelab.k8s_tracing.stack_manifests:
    path: /srv/gitops/tracing
    releases:
      - id: tempo/tracing/tempo
        release_name: tempo
        namespace: tracing
        chart_ref: tempo
        chart_repo_url: https://grafana-community.github.io/helm-charts
        chart_version: 2.2.4
        values: {persistence: {enabled: true}}
"""

RETURN = r"""
files:
  description: The files in O(path).
  type: list
  elements: str
  returned: success
  sample: [README.md, kustomization.yaml, namespace-tracing.yaml, tempo/kustomization.yaml, tempo/service-tempo.yaml]
changed_files:
  description: Those that are new, changed or removed.
  type: list
  elements: str
  returned: success
secrets:
  description: Secrets that have to be there, and are not written.
  type: list
  elements: dict
  returned: success
  contains:
    namespace:
      description: Its namespace.
      type: str
    name:
      description: Its name.
      type: str
    needed_keys:
      description: Keys that are read. Empty where nobody says which.
      type: list
      elements: str
    parts:
      description: Parts that read it.
      type: list
      elements: str
notes:
  description: What the manifests can't do, in sentences.
  type: list
  elements: str
  returned: success
lines:
  description: The folder, RV(secrets) and RV(notes) for people to read.
  type: list
  elements: str
  returned: success
diff:
  description: Each file that changes before and after.
  type: list
  elements: dict
  returned: in diff mode
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(foreign_files), V(helm_render) or V(chart_not_found).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import run_by
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.manifest_files import ARGUMENTS, render


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: render(module.params, run_by(module), module.check_mode, module._diff))


if __name__ == "__main__":
    main()
