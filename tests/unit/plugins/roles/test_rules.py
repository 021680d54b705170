# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules are given what they take, and nothing else."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems


def test_a_role_without_rules() -> None:
    with pytest.raises(AnsibleFilterError, match="There are no rules 'loki'"):
        setting_problems({}, "loki")


def test_settings_that_are_missing_or_too_many() -> None:
    with pytest.raises(AnsibleFilterError, match=r"take other settings: autoscaler, .*more"):
        setting_problems({"more": 1}, "alloy")


def test_no_dictionary() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a dictionary"):
        setting_problems([], "alloy")
