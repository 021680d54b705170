# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to objects of the same namespace."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import local_object_references

refer = local_object_references


def test_each_name_becomes_a_reference() -> None:
    assert refer(["one", "two"]) == [{"name": "one"}, {"name": "two"}]
    assert refer([]) == []


@pytest.mark.parametrize("names", ["one", [{"name": "one"}], [""], None, {"one": 1}])
def test_what_is_no_list_of_names_is_refused(names: object) -> None:
    with pytest.raises(AnsibleFilterError, match="takes a list of names"):
        refer(names)
