#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a bundle of charts and images, and say what is in it."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bundle_info
short_description: Check a bundle of charts and images, and say what is in it
version_added: 0.1.0
description:
  - Reads a folder that the playbook C(tracelab.k8s_tracing.bundle) has filled, and compares its files with
    their checksums. Each file that is missing or altered is named.
  - Changes nothing.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
    details:
      - The group is for modules that speak to a cluster.
options:
  path:
    description: The folder.
    type: path
    required: true
  verify:
    description: Parts whose files are compared with their checksums. The list of contents always is.
    type: list
    elements: str
    choices: [charts, images]
    default: [charts, images]
  keyring:
    description:
      - File with the public keys of those who may have made the bundle, as C(gpg --export KEY > FILE) writes it.
        Without a valid signature of the checksums by one of them the bundle is refused. Takes the program C(gpg).
      - Empty for no such check. Checksums alone find damage, and do not prove who made the bundle.
    type: path
    default: ""
  missing_ok:
    description: Whether a folder with no bundle in it is fine.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Is the bundle whole
  tracelab.k8s_tracing.bundle_info:
    path: /srv/tracing-bundle
  register: bundle

- name: Has one of us made it
  tracelab.k8s_tracing.bundle_info:
    path: /srv/tracing-bundle
    keyring: /srv/keys/builders.gpg

- name: Which images are in it
  ansible.builtin.debug:
    msg: "{{ bundle.images | map(attribute='reference') }}"
"""

RETURN = r"""
exists:
  description: Whether there is a bundle.
  type: bool
  returned: success
charts:
  description: Each chart with C(role), C(name), C(version), C(file), C(sha256) and C(size), and with C(provenance) and
    C(provenance_sha256) where it is signed.
  type: list
  elements: dict
  returned: success
images:
  description: Each image with C(reference), C(path), C(file), C(digest), C(sha256), C(size), C(follows_registry) and
    C(used_by).
  type: list
  elements: dict
  returned: success
checksums:
  description: SHA-256 of each file, by its path in the bundle.
  type: dict
  returned: success
signed_by:
  description: Name in the key that has signed the bundle, empty without O(keyring).
  type: str
  returned: success
fingerprint:
  description: Fingerprint of that key, empty without O(keyring).
  type: str
  returned: success
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(bundle_missing), V(bundle_invalid), V(bundle_damaged),
        V(keyring_missing), V(keyring_invalid), V(signature_missing), V(signature_invalid) or V(gpg_missing).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.manifest import ARGUMENTS, bundle_info
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import run_by
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: bundle_info(**module.params, run=run_by(module)))


if __name__ == "__main__":
    main()
