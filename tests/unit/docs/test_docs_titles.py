"""Who searches for a term of the field finds the page: a heading or the first words of it carry the term."""

from __future__ import annotations

import re

import pytest
from docs_pages import ROOT, prose

FOUND_IN = {
    "air gap": "docs/air-gap.md",
    "offline": "docs/air-gap.md",
    "signed bundle": "docs/air-gap.md",
    "CI gate": "docs/ci-gate.md",
    "trace contract": "docs/trace-contracts.md",
    "migrate from Helm": "docs/from-helm.md",
    "RBAC": "docs/minimal-role.md",
    "permissions": "docs/minimal-role.md",
    "AWX": "docs/playbooks.md",
    "existing Prometheus": "docs/playbooks.md",
    "object storage": "docs/production.md",
    "retention": "docs/production.md",
    "TLS": "docs/production.md",
    "authentication": "docs/production.md",
    "multi-tenancy": "docs/production.md",
    "autoscaling": "docs/production.md",
    "distributed": "docs/production.md",
    "network": "docs/security.md",
    "secrets": "docs/security.md",
    "OpenShift": "docs/platforms.md",
    "Autopilot": "docs/platforms.md",
    "IRSA": "docs/platforms.md",
    "instrument": "docs/send-traces.md",
    "upgrade": "docs/settings.md",
    "rollback": "docs/settings.md",
    "sizing": "docs/sizing.md",
    "memory": "docs/sizing.md",
    "troubleshooting": "docs/troubleshooting.md",
    "volume of the stack is nearly full": "docs/runbooks/TracingVolumeFilling.md",
}


@pytest.mark.parametrize(("term", "page"), FOUND_IN.items(), ids=str)
def test_a_term_is_in_the_headings_or_the_first_words(term: str, page: str) -> None:
    text = prose(ROOT / page)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    first = next(part for part in re.split(r"\n{2,}", text) if part.strip() and not part.startswith("#"))
    assert term.lower() in " ".join([*headings, *first.split()]).lower()
