#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a Helm chart as an archive in a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chart_archive
short_description: Provide a Helm chart as an archive in a folder
version_added: 0.1.0
description:
  - Downloads a chart of a repository or of a registry, or packages one in a folder, unless its archive is
    there already.
  - A chart in a folder is compared file by file, so that a change is seen at the same version too.
  - Its provenance, which says who has signed it, is kept beside it where there is one.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Nothing is downloaded or written, and so nothing is verified that is not there yet.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - A chart of a repository without O(chart_version) is downloaded each time, and changes when there is a newer one.
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
    details:
      - The group is for modules that speak to a cluster.
requirements:
  - Helm 3 or 4
options:
  chart_ref:
    description: Name of the chart in O(chart_repo_url), its C(oci://) or C(https://) address, or the path of a folder
      or archive.
    type: str
    required: true
  chart_repo_url:
    description: Address of a chart repository.
    type: str
    default: ""
  chart_version:
    description: Version of the chart.
    type: str
    default: ""
  path:
    description: Folder for the archive. It is created when it is missing.
    type: path
    required: true
  checksums:
    description: SHA-256 of archives and of their provenance by name. One that differs is downloaded again.
    type: dict
    default: {}
  verify:
    description:
      - Whether the archive must be signed with a key of O(keyring), as C(helm verify) verifies it.
      - A chart without a provenance, one that was altered, one that is signed with another key, and one of another name
        or version than was asked for are refused, and do not get into O(path).
      - It is done each time, with an archive that is there already too.
    type: bool
    default: false
  keyring:
    description: File with the public keys of the publishers, as C(gpg --export KEY > FILE) writes it. For
      O(verify=true).
    type: path
    default: ""
  binary_path:
    description: The program helm. By default the one in E(PATH).
    type: path
    default: ""
seealso:
  - module: tracelab.k8s_tracing.bundle_info
"""

EXAMPLES = r"""
- name: Keep the chart of Tempo
  tracelab.k8s_tracing.chart_archive:
    chart_ref: tempo
    chart_repo_url: https://grafana-community.github.io/helm-charts
    chart_version: 2.2.4
    path: /srv/charts
  register: chart

- name: Keep the chart of Grafana, if its publisher has signed it
  tracelab.k8s_tracing.chart_archive:
    chart_ref: grafana
    chart_repo_url: https://grafana-community.github.io/helm-charts
    chart_version: 12.11.1
    path: /srv/charts
    verify: true
    keyring: /srv/keys/grafana-community.gpg
"""

RETURN = r"""
file:
  description: Name of the archive in O(path), empty when it is not known.
  type: str
  returned: success
name:
  description: Name of the chart.
  type: str
  returned: when the chart could be read
version:
  description: Version of the chart.
  type: str
  returned: when the chart could be read
arguments:
  description: How the chart is named on Helm's command line. That is the archive, or where the chart comes from when
    there is no archive because of check mode.
  type: list
  elements: str
  returned: success
sha256:
  description: Checksum of the archive.
  type: str
  returned: when the chart could be read
size:
  description: Size of the archive in bytes.
  type: int
  returned: when the chart could be read
provenance:
  description: Name of the provenance in O(path), empty when the chart has none.
  type: str
  returned: when the chart could be read
provenance_sha256:
  description: Checksum of the provenance, empty when the chart has none.
  type: str
  returned: when the chart could be read
signed_by:
  description: Name in the key that has signed the chart.
  type: str
  returned: when O(verify=true) and the chart could be read
fingerprint:
  description: Fingerprint of that key.
  type: str
  returned: when O(verify=true) and the chart could be read
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(chart_not_found), V(chart_invalid), V(helm_missing),
        V(keyring_missing), V(provenance_missing), V(provenance_untrusted) or V(provenance_mismatch).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.chart_archive import ARGUMENTS, provide
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import run_by
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: provide(module.params, module.check_mode, run_by(module)))


if __name__ == "__main__":
    main()
