#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply a Helm release in the background. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: helm_async
short_description: Apply a Helm release in the background
version_added: 0.1.0
description:
  - Runs M(kubernetes.core.helm) with whatever options are given, and unlike it lets the task be C(async), so that
    several releases are applied at the same time.
  - The options are those of M(kubernetes.core.helm). Its defaults groups are not looked at.
  - Values reach Helm as a file of JSON, so that each is what it is here. M(kubernetes.core.helm) writes a YAML that
    Helm reads by other rules, by which the text V(3e1) is the number 30.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
  action:
    description: >-
      Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: full
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - As M(kubernetes.core.helm) does it. Check mode and C(async) exclude each other.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: partial
    details:
      - As M(kubernetes.core.helm) does it, which takes the helm-diff plugin.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - As M(kubernetes.core.helm) sees it.
options: {}
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: Begin to apply a release
  tracelab.k8s_tracing.helm_async:
    release_name: tempo
    release_namespace: tracing
    chart_ref: tempo
    chart_repo_url: https://grafana-community.github.io/helm-charts
  async: 600
  poll: 0
  register: tempo

- name: See how it went
  ansible.builtin.async_status:
    jid: "{{ tempo.ansible_job_id }}"
  vars: # also where HOME is not the home of the password file
    ansible_async_dir: "{{ tempo.results_file | dirname }}"
  register: outcome
  until: outcome is finished
  retries: 600
  delay: 1
"""

RETURN = r"""
# Those of kubernetes.core.helm.
"""
