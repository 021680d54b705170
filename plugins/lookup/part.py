# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role of this collection knows of another one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: part
short_description: What a role of this collection knows of another one
version_added: 0.1.0
author:
  - k8s-tracing maintainers (@tracelab)
description:
  - For the roles of this collection. Returns namespace, Services and addresses of another part of the stack.
  - A part that this run has recorded is known from its record. Of several, the one is meant that the settings
    C(<part>_namespace) and C(<part>_release_name) name, else the one in the own namespace, else the one in
    C(k8s_tracing_namespace).
  - A part without a record is where C(<part>_namespace) says, else C(k8s_tracing_namespace), else in the own namespace.
options:
  _terms:
    description: The part, by the name of its role.
    required: true
    type: list
    elements: str
  own:
    description:
      - The role that asks, whose namespace and cluster count.
      - A part that asks for itself is described as its own settings say. So is each part where nobody asks.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Where does Alloy send
  ansible.builtin.debug:
    msg: "{{ lookup('tracelab.k8s_tracing.part', 'tempo', own='alloy').otlp_service }}"
"""

RETURN = r"""
_raw:
  description: One dictionary for each part.
  type: list
  elements: dict
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError, AnsibleUndefinedVariable
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import load_map
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import (
    RELEASE_NAMES,
    UNSET_NAMESPACE,
    Asker,
    find,
    pod_namespaces,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.settings import described
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._variables import as_set

# A setting of the whole stack, or a text.
_SHARED = re.compile(r"\{\{ (?P<name>k8s_tracing_\w+) \| default\('(?P<default>[^'{}]*)'\) \}\}")
# What of its own settings says where a role is, with the role's defaults.
_OWN = {
    "namespace": UNSET_NAMESPACE,
    "kubeconfig": "{{ k8s_tracing_kubeconfig | default('') }}",
    "kube_context": "{{ k8s_tracing_kube_context | default('') }}",
}


class _Settings:
    """Settings as the task has them that looks."""

    def __init__(self, variables: Mapping[str, Any], templar: Any, loader: Any) -> None:
        self._variables = variables
        self._templar = templar
        self._loader = loader

    def get(self, name: str, default: Any = "") -> Any:
        given = self._variables.get(name, default)
        # As the default of a role, which is so plain that Jinja is not needed: each call of it compiles anew.
        if isinstance(given, str) and (shared := _SHARED.fullmatch(given)):
            return self.get(shared["name"], shared["default"])
        try:
            return self._templar.template(given)
        except AnsibleUndefinedVariable:
            return default

    def files(self, name: str) -> list[Mapping[str, Any]]:
        """A path that is no absolute one starts where ansible-playbook was started."""
        paths = [os.path.realpath(path) for path in self.get(name, [])]
        lookup = lookup_loader.get("ansible.builtin.file", loader=self._loader, templar=self._templar)
        return [load_map(text, name) for text in lookup.run(paths, self._variables)]

    def stated(self, name: str, unset: str) -> str:
        """A setting that somebody has set: roles of a play see each other's defaults, which say nothing."""
        return "" if self._variables.get(name, unset) == unset else str(self.get(name))


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=options)
        settings = _Settings(as_set(variables), self._templar, self._loader)
        own = self.get_option("own")
        return raised_as(lambda: [_part(str(part), str(own or part), settings) for part in terms], AnsibleLookupError)


def _part(part: str, own: str, settings: _Settings) -> dict[str, Any]:
    namespace, kubeconfig, context = (str(settings.get(f"{own}_{name}", unset)) for name, unset in _OWN.items())
    cluster = f"{kubeconfig}|{context}"
    if part == own:
        return _as_set(part, namespace, cluster, settings)
    asker = Asker(
        namespace,
        cluster,
        settings.stated(f"{part}_namespace", UNSET_NAMESPACE),
        settings.stated(f"{part}_release_name", RELEASE_NAMES[part]),
        # Of who is no part itself, such as a proof, the own namespace is that of the stack.
        str(settings.get("k8s_tracing_namespace")) if own in RELEASE_NAMES else namespace,
    )
    answer = find(part, settings.get("_common_parts", []), asker)
    if answer.record is not None:
        return _with_pods({**answer.record, "known": True, "problem": answer.problem})
    found = _as_set(part, answer.namespace, cluster, settings)
    del found["own"]
    return found


def _as_set(part: str, namespace: str, cluster: str, settings: _Settings) -> dict[str, Any]:
    """As the part's settings say, as far as they are seen from here."""
    found = described(part, namespace, settings)
    return _with_pods({**found, "cluster": cluster, "known": False, "problem": ""})


def _with_pods(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "pod_namespaces": pod_namespaces(part)}
