#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask an HTTP service of the cluster through the Kubernetes API server."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_uri
short_description: Ask an HTTP service of the cluster through the Kubernetes API server
version_added: 0.1.0
description:
  - Sends one HTTP request to a Service through the API server's service proxy, with the credentials of the kubeconfig.
  - A GET, or a POST of a body, which is what logins and some queries take. O(method) names another one, for an API that
    is changed with it; then check mode sends nothing, and the task is changed.
  - What M(ansible.builtin.uri) is for addresses, this is for Services that no address leads to. No port-forward and
    no ingress is needed.
  - The API server does not forward the header C(Authorization). A service that wants it can't be asked this way; one
    that has a login with a cookie can.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Without O(method), and with V(GET), it only reads and does the same in check mode.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: partial
    details:
      - With a O(method) that is no V(GET), each run sends the request and is changed.
requirements:
  - kubernetes Python library
options:
  namespace:
    description: Namespace of the Service.
    type: str
    default: tracing
  service:
    description: Name of the Service.
    type: str
    required: true
  service_port:
    description: Port of the Service.
    type: int
    required: true
  service_scheme:
    description: Whether the Service speaks HTTP or HTTPS.
    type: str
    choices: [http, https]
    default: http
  path:
    description: Path to ask for, with a leading slash, and the query behind it where there is one.
    type: str
    default: /
  body:
    description: Posted as JSON. Without it the request is a GET.
    type: raw
  method:
    description: HTTP method. By default C(POST) with O(body), else C(GET).
    type: str
    choices: [GET, POST, PUT, PATCH, DELETE]
  headers:
    description: Headers to send.
    type: dict
    default: {}
  status_code:
    description: Status codes that are right. Another one fails the task.
    type: list
    elements: int
    default: [200]
  kubeconfig:
    description: Path of a kubeconfig. By default the client's own.
    type: path
  context:
    description: Context in the kubeconfig. By default its current one.
    type: str
  request_timeout:
    description: Seconds until the request must be answered.
    type: float
    default: 10
seealso:
  - module: ansible.builtin.uri
"""

EXAMPLES = r"""
- name: Is Alloy's configuration loaded and healthy
  tracelab.k8s_tracing.service_uri:
    namespace: tracing
    service: alloy
    service_port: 12345
    path: /-/healthy

- name: Log in to Grafana
  tracelab.k8s_tracing.service_uri:
    service: grafana
    service_port: 80
    path: /login
    body: {user: admin, password: "{{ grafana_password }}"}
  register: login
  no_log: true

- name: Read the data sources
  tracelab.k8s_tracing.service_uri:
    service: grafana
    service_port: 80
    path: /api/datasources
    headers:
      Cookie: "{{ login.cookie }}"
  register: answer
  no_log: true
"""

RETURN = r"""
status:
  description: HTTP status.
  type: int
  returned: when the service answered
content:
  description: Body of the answer as text.
  type: str
  returned: when the service answered
json:
  description: Body of the answer, when it is JSON.
  type: raw
  returned: when the service answered with JSON
cookie:
  description: The cookies that the answer sets, as the header C(Cookie) of a later request takes them; else empty.
  type: str
  returned: when the service answered
error:
  description: What kept an answer from arriving.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(no_endpoints) or V(service_not_found).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import ARGUMENTS, ask


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: ask(module.params, module.check_mode))


if __name__ == "__main__":
    main()
