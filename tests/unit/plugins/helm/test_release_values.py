# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a release, as the versions of kubernetes.core name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import release_values

pytestmark = pytest.mark.case("E3")
ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("status", "values"),
    [
        ({"values": {"runId": "a"}}, {"runId": "a"}),
        ({"release_values": {"runId": "a"}}, {"runId": "a"}),
        ({"release_values": {"runId": "new"}, "values": {"runId": "old"}}, {"runId": "new"}),
        ({"release_values": None}, {}),
        ({}, {}),
    ],
)
def test_the_new_name_comes_first(status: dict[str, Any], values: dict[str, Any]) -> None:
    assert release_values({"changed": False, "status": status}) == values


def test_no_release_has_no_values() -> None:
    assert release_values({"changed": False}) == {}
    assert release_values({"skipped": True}) == {}


def test_a_release_without_either_name_is_refused() -> None:
    with pytest.raises(
        AnsibleFilterError, match="no values of release k6-traces, neither as release_values nor as values"
    ):
        release_values({"status": {"name": "k6-traces", "revision": "1"}})
    with pytest.raises(AnsibleFilterError, match="takes a result of helm_info, not list"):
        release_values([])


def test_nobody_reads_them_otherwise() -> None:
    """In roles, playbooks and scenarios."""
    files = [path for part in ("roles", "playbooks", "molecule") for path in (ROOT / part).rglob("*.yml")]
    reading = [path for path in files if "helm_info:" in path.read_text()]
    assert reading
    for path in reading:
        text = path.read_text()
        assert "status.values" not in text, path
        assert "status.get('values')" not in text, path
        assert "['values']" not in text, path
