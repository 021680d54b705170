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
      - The part itself is described as its own settings say.
    required: true
    type: str
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

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import (
    RELEASE_NAMES,
    UNSET_NAMESPACE,
    Asker,
    find,
    pod_namespaces,
)

_UNSET = {"namespace": UNSET_NAMESPACE, "kubeconfig": "", "kube_context": ""}


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no type hints
    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=options)
        own = str(self.get_option("own"))
        return [self._part(str(part), own, variables or {}) for part in terms]

    def _part(self, part: str, own: str, variables: dict[str, Any]) -> dict[str, Any]:
        namespace, kubeconfig, context = (self._fill(variables, f"{own}_{name}") for name in _UNSET)
        cluster = f"{kubeconfig}|{context}"
        if part == own:
            return self._described(part, {"namespace": namespace, "cluster": cluster}, variables)
        asker = Asker(
            namespace,
            cluster,
            self._stated(variables, f"{part}_namespace", UNSET_NAMESPACE),
            self._stated(variables, f"{part}_release_name", RELEASE_NAMES[part]),
            self._fill(variables, "k8s_tracing_namespace"),
        )
        records = self._templar.template(variables.get("_common_parts", []))
        answer = find(part, records, asker)
        if answer.record is not None:
            return _with_pods({**answer.record, "known": True, "problem": answer.problem})
        return self._described(part, {"namespace": answer.namespace, "cluster": cluster}, variables)

    def _described(self, part: str, place: dict[str, str], variables: dict[str, Any]) -> dict[str, Any]:
        """As the part's settings say, as far as they are seen from here."""
        inside = {**variables, "_common_namespace": place["namespace"]}
        templar = self._templar.copy_with_new_env(available_variables=inside)
        told = templar.template(variables[f"_common_{part}"])
        return _with_pods({**told, **place, "part": part, "known": False, "problem": ""})

    def _stated(self, variables: dict[str, Any], name: str, unset: str) -> str:
        """A setting that somebody has set: roles of a play see each other's defaults, which say nothing."""
        return "" if variables.get(name, unset) == unset else self._fill(variables, name)

    def _fill(self, variables: dict[str, Any], name: str) -> str:
        return str(self._templar.template(variables.get(name, "")))


def _with_pods(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "pod_namespaces": pod_namespaces(part)}
