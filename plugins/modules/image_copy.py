#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy a container image between registries and archives."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: image_copy
short_description: Copy a container image between registries and archives
version_added: 0.1.0
description:
  - Copies one image from a registry or an archive to a registry or an archive, unless it is there already. Needs no
    container engine and no root, just the program skopeo.
  - An archive is written in the OCI format, and under its name only when it is whole.
  - An image that is named by a digest keeps it.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Registries are asked what they have; nothing is copied.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: full
    details:
      - An image that is pushed is compared by digest. In an archive it is not asked for again, so that a tag that moved
        meanwhile changes nothing until the archive is deleted.
  action_group:
    description: Use C(group/tracelab.k8s_tracing.tracing) in C(module_defaults) to set defaults for this module.
    support: none
    details:
      - The group is for modules that speak to a cluster.
requirements:
  - skopeo
options:
  src:
    description:
      - Where the image is. A reference, such as V(docker.io/grafana/tempo:2.8.0), or the absolute path of an archive,
        in the format of OCI or of Docker.
    type: str
    required: true
  dest:
    description: Where it is to be. A reference, or the absolute path of an archive.
    type: str
    required: true
  reference:
    description: The name that the image has in the archive O(dest). By default that of O(src).
    type: str
    default: ""
  checksum:
    description: SHA-256 that the archive O(dest) must have. One that differs is written again. Empty for any.
    type: str
    default: ""
  platform:
    description: Operating system and architecture to take of an image for several, or V(all) of them.
    type: str
    default: linux/amd64
  authfile:
    description: File with credentials for registries, as C(skopeo login) and C(docker login) write it. Empty for
      theirs.
    type: path
    default: ""
  tls_verify:
    description: Whether registries must have a certificate that this host trusts. Without, plain HTTP is tried too.
    type: bool
    default: true
  binary_path:
    description: The program skopeo. By default the one in E(PATH).
    type: path
    default: ""
seealso:
  - module: tracelab.k8s_tracing.bundle_info
"""

EXAMPLES = r"""
- name: Keep Tempo as an archive
  tracelab.k8s_tracing.image_copy:
    src: docker.io/grafana/tempo:2.8.0
    dest: /srv/images/tempo-2.8.0.tar

- name: Push it to a registry without internet access
  tracelab.k8s_tracing.image_copy:
    src: /srv/images/tempo-2.8.0.tar
    dest: registry.example.com/mirror/grafana/tempo:2.8.0
    authfile: /root/registry-auth.json
"""

RETURN = r"""
digest:
  description: Digest of the image, where it is known.
  type: str
  returned: when the image was or is there
sha256:
  description: Checksum of the archive.
  type: str
  returned: when the destination is an archive that is there
size:
  description: Size of the archive in bytes.
  type: int
  returned: when the destination is an archive that is there
error:
  description: What went wrong.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(skopeo_missing), V(image_not_found), V(forbidden) or
        V(unreachable).
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.image_copy import ARGUMENTS, copy_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import run_by
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: copy_image(module.params, module.check_mode, run_by(module)))


if __name__ == "__main__":
    main()
