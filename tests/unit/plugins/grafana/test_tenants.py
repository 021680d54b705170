# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data source for each tenant."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import tenant_datasources

TEMPO: dict[str, Any] = {
    "name": "Tempo",
    "uid": "tempo",
    "type": "tempo",
    "isDefault": True,
    "jsonData": {"nodeGraph": {"enabled": True}},
}


def test_each_tenant_is_shown_by_itself() -> None:
    assert tenant_datasources(["team-a"], TEMPO) == [
        {
            "name": "Tempo (team-a)",
            "uid": "tempo-team-a",
            "type": "tempo",
            "isDefault": False,
            "jsonData": {"nodeGraph": {"enabled": True}, "httpHeaderName1": "X-Scope-OrgID", "tenant": "team-a"},
            "secureJsonData": {"httpHeaderValue1": "team-a"},
        }
    ]
    assert tenant_datasources([], TEMPO) == []
    with pytest.raises(AnsibleFilterError):
        tenant_datasources("team-a", TEMPO)


def test_other_headers_stay_and_the_tenant_of_all_is_replaced() -> None:
    headers = {"httpHeaderName1": "Authorization", "httpHeaderName2": "X-Scope-OrgID"}
    secrets = {"httpHeaderValue1": "$__env{LOGIN}", "httpHeaderValue2": "everybody"}
    (found,) = tenant_datasources(["a$b"], {**TEMPO, "jsonData": headers, "secureJsonData": secrets})
    assert found["secureJsonData"] == {"httpHeaderValue1": "$__env{LOGIN}", "httpHeaderValue2": "a$$b"}
    assert found["jsonData"] == {**headers, "tenant": "a$$b"}
    only = {"httpHeaderName1": "Authorization"}
    (found,) = tenant_datasources(["a"], {**TEMPO, "jsonData": only})
    assert found["jsonData"]["httpHeaderName2"] == "X-Scope-OrgID"


def test_no_two_tenants_have_one_uid() -> None:
    tenants = ["a.b", "a-b", "a!b", "x" * 60, "x" * 61, "_"]
    uids = [source["uid"] for source in tenant_datasources(tenants, TEMPO)]
    assert len(set(uids)) == len(tenants) and uids[1] == "tempo-a-b"
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,40}", uid) for uid in uids)
