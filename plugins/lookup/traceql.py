# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TraceQL out of values."""

from __future__ import annotations

DOCUMENTATION = r"""
name: traceql
short_description: Make a TraceQL query out of values
version_added: 0.1.0
description:
  - Builds the query that the modules of this collection build, with every value quoted, so that no value can become
    syntax however it is shaped. Asks nothing and runs nothing.
author:
  - k8s-tracing maintainers (@tracelab)
options:
  _terms:
    description:
      - TraceQL of your own, such as a filter or an aggregate. It works on the spans that the options leave over.
      - At most one.
    type: list
    elements: str
  run_id:
    description: Id of one run of a generator or a probe.
    type: str
  run_id_attribute:
    description: Name of the resource attribute that holds the run id, without scope.
    type: str
    default: tracing.run.id
  services:
    description: Names of services, any of which a span must come from.
    type: list
    elements: str
    default: []
  attributes:
    description:
      - Attributes that spans must have, by name with scope, such as V(resource.k8s.namespace.name) or
        V(span.http.method). A name without scope matches in any.
      - The fields V(name), V(status) and V(kind) work as well.
      - The type of a value matters. V(200) and V("200") are different.
    type: dict
    default: {}
seealso:
  - module: tracelab.k8s_tracing.tempo_search_info
  - module: tracelab.k8s_tracing.tempo_metrics_info
"""

EXAMPLES = r"""
- name: Find what the cart did in this run
  tracelab.k8s_tracing.tempo_search_info:
    query: "{{ lookup('tracelab.k8s_tracing.traceql', run_id=run_id, services=['cart']) }}"

- name: Rate of slow requests to one route
  tracelab.k8s_tracing.tempo_metrics_info:
    query: >-
      {{ lookup('tracelab.k8s_tracing.traceql', '{ duration > 1s } | rate()', attributes={'span.http.route': route}) }}
"""

RETURN = r"""
_raw:
  description: The query, one string.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import names
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build, scalars


class LookupModule(LookupBase):  # type: ignore[misc]
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        self.set_options(var_options=variables, direct=options)
        if len(terms) > 1:
            raise AnsibleLookupError("traceql takes one query of your own at most.")
        try:
            return [self._query(str(terms[0]) if terms else "")]
        except TracingError as error:
            raise AnsibleLookupError(f"traceql: {error}") from error

    def _query(self, own: str) -> str:
        """Services narrow by a filter of their own, behind that of run and attributes and before what is ours."""
        services = names(self.get_option("services"), "services")
        parts = (build(services=services) if services else "", own.strip())
        return build(
            query=" | ".join(part for part in parts if part),
            run_id=self.get_option("run_id") or "",
            run_id_attribute=self.get_option("run_id_attribute"),
            attributes=scalars(self.get_option("attributes")),
        )
