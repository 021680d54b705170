#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a Prometheus serves the pipeline."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: prometheus_check
short_description: Check that a Prometheus serves the pipeline
version_added: 0.1.0
description:
  - Checks that Prometheus answers, takes metrics by remote write, keeps exemplars, and has metrics of what it should
    scrape. What is missing fails the task, or is a warning.
  - Whether metrics made from spans arrive is the matter of M(tracelab.k8s_tracing.span_metrics_check).
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
  - tracelab.k8s_tracing.connection.kubernetes
requirements:
  - kubernetes Python library, for a Service of the cluster and for O(prometheus_auth_secret)
options:
  prometheus_url:
    description:
      - Address of Prometheus, with a prefix where it has one.
      - A Service of the cluster, as C(http://SERVICE.NAMESPACE.svc:PORT) or C(http://SERVICE.NAMESPACE:PORT), is asked
        through the API server. A host with a dot at its end is none.
      - When it is empty, only O(prometheus_auth_secret) is checked.
    type: str
    default: ""
  prometheus_namespace:
    description: Namespace of O(prometheus_auth_secret), and of the ServiceMonitors.
    type: str
    default: tracing
  prometheus_auth:
    description:
      - How to log in at O(prometheus_url) when that is no Service of the cluster.
      - The module itself reads the login, and nothing of it is returned.
    type: str
    choices: [none, basic, bearer]
    default: none
  prometheus_auth_secret:
    description: Name of the Secret with the login. It must have the keys that O(prometheus_auth) needs.
    type: str
    default: ""
  prometheus_auth_username_key:
    description: Key of the user name, for O(prometheus_auth=basic).
    type: str
    default: username
  prometheus_auth_password_key:
    description: Key of the password, for O(prometheus_auth=basic).
    type: str
    default: password
  prometheus_auth_token_key:
    description: Key of the token, for O(prometheus_auth=bearer).
    type: str
    default: token
  remote_write:
    description: Whether the remote-write receiver must be on.
    type: bool
    default: true
  exemplars:
    description: Whether exemplars must be kept. V(wanted) warns where they are not.
    type: str
    choices: [required, wanted, ignored]
    default: wanted
  flags_message:
    description: Message for a flag that is off, in place of how to switch it on in charts of others.
    type: str
    default: ""
  scraped:
    description:
      - Parts that Prometheus should scrape, such as V(tempo) and V(alloy), each known by its metric C(PART_build_info).
      - One that is missing is a warning, unless O(prometheus_service_monitors_enabled) is set.
    type: list
    elements: str
    default: []
  prometheus_service_monitors_enabled:
    description: Whether each part of O(scraped) has a ServiceMonitor, so that its metrics must arrive.
    type: bool
    default: false
  timeout:
    description: Seconds to wait until Prometheus answers and has what must arrive. V(0) looks once.
    type: float
    default: 60
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 2
  validate_certs:
    description: Whether the certificate of O(prometheus_url) must be right.
    type: bool
    default: true
  ca_path:
    description: File with the certificates of the authorities for O(prometheus_url).
    type: path
seealso:
  - module: tracelab.k8s_tracing.span_metrics_check
"""

EXAMPLES = r"""
- name: Check that Tempo can write its metrics to a Prometheus that is there
  tracelab.k8s_tracing.prometheus_check:
    prometheus_url: http://kube-prometheus-stack-prometheus.monitoring.svc:9090

- name: Wait until it scrapes Tempo and Alloy
  tracelab.k8s_tracing.prometheus_check:
    prometheus_url: https://prometheus.example.com
    prometheus_auth: bearer
    prometheus_auth_secret: prometheus-login
    scraped: [tempo, alloy]
    prometheus_service_monitors_enabled: true
"""

RETURN = r"""
satisfied:
  description: Whether all holds that must.
  type: bool
  returned: when the options are right
reachable:
  description: Whether what is at O(prometheus_url) answers as Prometheus does.
  type: bool
  returned: when the options are right
remote_write:
  description: Whether the remote-write receiver is on; none where that was not read.
  type: bool
  returned: when the options are right
exemplars:
  description: Whether exemplars are kept; none where that was not read.
  type: bool
  returned: when the options are right
scraped:
  description: Whether Prometheus has metrics of each part of O(scraped).
  type: dict
  returned: when the options are right
  sample: {alloy: true, tempo: false}
problems:
  description: What must be mended, with what to do.
  type: list
  elements: str
  returned: when the options are right
warnings:
  description: What is missing and not needed.
  type: list
  elements: str
  returned: when there is such
elapsed_seconds:
  description: Seconds that it took.
  type: float
  returned: when the options are right
error:
  description: The error that ended the task, such as a Secret without the login.
  type: dict
  returned: on a fatal error
  contains:
    kind:
      description: Name of the error for programs, such as V(invalid_option) or V(forbidden).
      type: str
    message:
      description: What went wrong.
      type: str
    fix:
      description: What to do.
      type: str
    retryable:
      description: Whether waiting could have helped.
      type: bool
    status:
      description: HTTP status, where there is one.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.prometheus_check import (
    ARGUMENTS,
    PrometheusCheck,
)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: PrometheusCheck.from_params(module.params).run())


if __name__ == "__main__":
    main()
