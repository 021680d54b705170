#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the password of Grafana's administrator, in Grafana and in its Secret."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: grafana_admin_password
short_description: Change the password of Grafana's administrator, in Grafana and in its Secret
version_added: 0.1.0
description:
  - Grafana reads the password of its administrator from a Secret at its first start alone. Later only its HTTP API
    changes it. This module changes both, Grafana first.
  - When the Secret holds the password already, nothing is done, and Grafana is not asked.
  - When it was interrupted, the next run finds Grafana with the new password and changes the Secret alone.
  - No password is returned, shown in a diff or logged.
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
      - The Secret is read, and Grafana is not asked.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details:
      - Shows the name of the key and never its value.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - As long as the Secret holds the password that is given, one that somebody has changed in Grafana is not noticed.
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of Grafana's Service and of the Secret.
    type: str
    default: tracing
  service:
    description: Name of Grafana's Service, which is asked through the API server.
    type: str
    default: grafana
  service_port:
    description: Port of that Service.
    type: int
    default: 80
  service_scheme:
    description: Whether that Service speaks HTTP or HTTPS.
    type: str
    choices: [http, https]
    default: http
  service_path:
    description: Path that stands in front of all others, such as V(/grafana) where Grafana is served from a sub-path.
    type: str
    default: ''
  login_secret:
    description:
      - Secret with the login. It must have the label C(app.kubernetes.io/managed-by=tracelab.k8s_tracing), as
        M(tracelab.k8s_tracing.generated_secret) makes it, to be changed.
      - In check mode it may be missing.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      user_key:
        description: Its key for the user's name.
        type: str
        default: admin-user
      password_key:
        description: Its key for the password.
        type: str
        default: admin-password
  password:
    description: The new password.
    type: str
    required: true
  timeout:
    description: Seconds to wait for a Grafana that does not answer yet. V(0) asks once.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 1
notes:
  - The user of the kubeconfig needs the rights to C(get) and C(update) C(secrets), and to C(create) and C(update)
    C(services/proxy).
seealso:
  - module: tracelab.k8s_tracing.generated_secret
"""

EXAMPLES = r"""
- name: Change the password of Grafana's administrator
  tracelab.k8s_tracing.grafana_admin_password:
    namespace: tracing
    login_secret:
      name: grafana-admin
    password: "{{ vaulted_password }}"
"""

RETURN = r"""
changed_in_grafana:
  description:
    - Whether Grafana has changed its password too. V(false) when it had the new one already.
    - In check mode V(true) when the Secret holds another one.
  type: bool
  returned: success
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(secret_not_ours), V(wrong_login) or V(no_answer).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.admin_password import (
    PASSWORD_ARGUMENTS,
    AdminPassword,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=PASSWORD_ARGUMENTS, supports_check_mode=True)
    finish(
        module,
        lambda: AdminPassword.from_params(module.params).run(check_mode=module.check_mode, with_diff=module._diff),
    )


if __name__ == "__main__":
    main()
