# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of a collection, as it is used on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: collection_version
short_description: Tell the version of a collection
version_added: 0.1.0
description:
  - Reads the version of the copy that Ansible uses, where there may be several.
author:
  - k8s-tracing maintainers (@tracelab)
options:
  _terms:
    description: Names of collections, such as V(kubernetes.core).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which kubernetes.core is used
  ansible.builtin.debug:
    msg: "{{ lookup('tracelab.k8s_tracing.collection_version', 'kubernetes.core') }}"
"""

RETURN = r"""
_raw:
  description: The versions. Empty for a collection that is not there, or that does not tell its own.
  type: list
  elements: str
"""

import importlib
import json
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        self.set_options(var_options=variables, direct=options)
        return [version_of(name) for name in terms]


def version_of(name: str) -> str:
    try:
        package = importlib.import_module(f"ansible_collections.{name}")
    except ImportError:
        return ""
    for folder in map(Path, package.__path__):
        # As it was installed, else a checkout.
        if (folder / "MANIFEST.json").is_file():
            content = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]
        elif (folder / "galaxy.yml").is_file():
            content = yaml.safe_load((folder / "galaxy.yml").read_text(encoding="utf-8"))
        else:
            continue
        return str(content.get("version") or "")
    return ""
