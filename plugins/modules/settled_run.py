#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell whether a run would find nothing to do, as the last whole one did."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: settled_run
short_description: Tell whether a run would find nothing to do, as the last whole one did
version_added: 0.1.0
description:
  - Compares what a run of the roles is made of with a note about the last whole run that found nothing to do. When all
    of it is as it was then, the run would find nothing to do again, and a playbook can end there.
  - Compared are the settings of the roles (each variable that differs from what the roles ship, with its templates
    filled in), the files and folders that they name, the environment variables of Kubernetes, Helm and proxies, the
    files of the collection, and the version of ansible-core.
  - In the cluster, the objects of all releases and those beside them are compared, with Helm's records, the Secrets and
    the volume claims of the namespaces. An object that was changed by hand counts, and so does a workload that is not
    ready, nor becomes so in four seconds.
  - The note is a file for its owner alone in the folder C(k8s_tracing) of Ansible's home (C(ANSIBLE_HOME), by default
    C(~/.ansible)). It holds salted digests, and neither settings nor what is in objects.
  - A run in check mode, with C(--diff) or with tags is never compared and never noted.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
attributes:
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
  action:
    description: >-
      Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
requirements:
  - kubernetes Python library
options:
  namespaces:
    description: Namespaces of the releases.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(compared) compares with the note, at the begin of a run.
      - V(remembered) makes a note, at the end of a whole run that found nothing to do. Whether it is one, the playbook
        knows.
    type: str
    choices: [compared, remembered]
    default: compared
  inputs:
    description:
      - For O(state=remembered), RV(inputs) as they were when the run began. Without any nothing is noted.
    type: dict
  last_words:
    description: For O(state=remembered), what the run had to say at its end.
    type: list
    elements: str
    default: []
notes:
  - The user of the kubeconfig needs the right to C(list) Secrets, Deployments, StatefulSets, DaemonSets and Jobs in the
    namespaces. Of Secrets only the metadata is read. Another kind that may not be listed is taken to be as it was.
  - What only the clock, a registry or a chart repository knows is not compared. Do not note a run whose chart has no
    fixed version.
seealso:
  - module: tracelab.k8s_tracing.helm_release_plan
"""

EXAMPLES = r"""
- name: Check whether anything changed since the last whole run
  tracelab.k8s_tracing.settled_run:
    namespaces: [tracing]
  register: last_run

- name: End here when nothing did
  ansible.builtin.meta: end_host
  when: last_run.unchanged
"""

RETURN = r"""
unchanged:
  description: Whether everything is as the last whole run left it.
  type: bool
  returned: for O(state=compared)
remembered:
  description: Whether there is a note about this run now.
  type: bool
  returned: for O(state=remembered)
reason:
  description: Why something counts as changed, or why there is no note. Empty otherwise.
  type: str
  returned: always
  sample: "Changed since the last whole run: tempo_retention."
last_words:
  description: What the run that was noted had to say at its end.
  type: list
  elements: str
  returned: for O(state=compared)
inputs:
  description: Digests of what this run is made of, for O(inputs).
  type: dict
  returned: for O(state=compared), when the settings could be read
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.object_states import look
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.run_cache import ARGUMENTS


def main() -> None:
    # The comparison itself is the work of the action plugin: this is its look at the cluster.
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: look(module.params))


if __name__ == "__main__":
    main()
