#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a Secret that is created once, with random values."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: generated_secret
short_description: Provide a Secret that is created once, with random values
version_added: 0.1.0
description:
  - Creates a Secret with given and with generated values when there is none of its name, and leaves one that exists
    alone.
  - No value is returned, shown in a diff or logged.
  - Runs at the same time agree on one Secret. Whoever comes second takes the one that is there.
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
      - A namespace that is missing or being deleted is told in check mode too, when the user may get it.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - Shows the names of the keys and never their values.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - Other values in O(data) change nothing in a Secret that exists.
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of the Secret.
    type: str
    default: tracing
  name:
    description: Name of the Secret.
    type: str
    required: true
  state:
    description:
      - V(present) creates the Secret when it is missing.
      - V(absent) removes it when it has the label C(app.kubernetes.io/managed-by=tracelab.k8s_tracing), and leaves it
        alone when it does not.
    type: str
    choices: [present, absent]
    default: present
  data:
    description: Keys with their values, as plain text.
    type: dict
    default: {}
  generate:
    description: Keys to fill with random letters and digits, each with its own.
    type: list
    elements: str
    default: []
  length:
    description: How many characters a generated value has, from 16 to 1024.
    type: int
    default: 32
  labels:
    description:
      - Labels of the Secret.
      - Without the default's label, O(state=absent) leaves it alone.
    type: dict
    default:
      app.kubernetes.io/managed-by: tracelab.k8s_tracing
  required_keys:
    description: Keys that a Secret which exists must have, else the task fails.
    type: list
    elements: str
    default: []
  create_namespace:
    description: Whether to create O(namespace) when it is missing and the Secret is to be created.
    type: bool
    default: false
  namespace_labels:
    description: Labels of a namespace that is created. One that exists keeps its own.
    type: dict
    default: {}
notes:
  - The user of the kubeconfig needs the rights to C(get) and C(create) C(secrets) in the namespace, for O(state=absent)
    to C(get) and C(delete) them, and for O(create_namespace) to C(get) and C(create) C(namespaces).
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Provide Grafana's administrator
  tracelab.k8s_tracing.generated_secret:
    namespace: tracing
    name: grafana-admin
    data:
      admin-user: admin
    generate: [admin-password]
    required_keys: [admin-user, admin-password]
    create_namespace: true

- name: Remove it again
  tracelab.k8s_tracing.generated_secret:
    namespace: tracing
    name: grafana-admin
    state: absent
"""

RETURN = r"""
created:
  description: Whether this run created the Secret. In check mode, whether it would.
  type: bool
  returned: success
namespace_created:
  description: Whether this run created the namespace. In check mode, whether it would.
  type: bool
  returned: success
exists:
  description: Whether there is a Secret of that name after the task.
  type: bool
  returned: success
key_names:
  description: Names of the keys that the Secret has after the task.
  type: list
  elements: str
  returned: success
  sample: [admin-password, admin-user]
kept:
  description: Whether O(state=absent) left the Secret alone because it lacks the label of this collection.
  type: bool
  returned: success
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(secret_lacks_key) or V(namespace_not_found).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.generated_secret import (
    HIDDEN,
    SECRET_ARGUMENTS,
    no_secrets,
    provide,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=SECRET_ARGUMENTS, supports_check_mode=True)
    params = dict(module.params)
    # What Ansible repeats of the options has no values, so that it need not look for words as short as "admin".
    module.params["data"] = dict.fromkeys(params["data"], HIDDEN)
    module.no_log_values = no_secrets(module.no_log_values, params)
    finish(module, lambda: provide(params, module.check_mode).to_result(with_diff=module._diff))


if __name__ == "__main__":
    main()
