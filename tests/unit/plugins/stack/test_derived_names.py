# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The longest name that a release may have, by what is derived from it."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names import (
    DERIVED,
    LIMITS,
    longest,
    name_problems,
)

pytestmark = pytest.mark.case("D1")


@pytest.mark.parametrize(
    ("role", "mode", "limit"),
    [
        ("tempo", "monolithic", 52),
        ("tempo", "distributed", 34),
        ("alloy", "deployment", 53),
        ("alloy", "daemonset", 53),
        ("alloy", "statefulset", 52),
        ("prometheus", "chart", 53),
        ("prometheus", "existing", 53),
        ("grafana", "chart", 53),
        ("grafana", "existing", 53),
        ("k6_trace_generator", "", 53),
    ],
)
def test_each_role_has_the_limit_of_its_longest_name(role: str, mode: str, limit: int) -> None:
    assert longest(role, mode)[0] == limit
    assert name_problems("a" * limit, role, mode) == []
    (said,) = name_problems("a" * (limit + 1), role, mode)
    assert said.startswith(f"{role}_release_name is 'aaa")
    assert f"which has {limit + 1} characters: use {limit} at most" in said


def test_the_name_that_sets_the_limit_is_told() -> None:
    assert name_problems("a" * 46, "tempo", "distributed")[0].endswith(
        "use 34 at most with tempo_mode distributed, since StatefulSet RELEASE-backend-scheduler may have 52, because "
        "of the label controller-revision-hash of its pods."
    )
    assert name_problems("a" * 54, "grafana", "chart")[0].endswith("use 53 at most, since Helm takes no more.")


def test_every_kind_has_a_limit() -> None:
    assert {kind for names in DERIVED.values() for kind, _part in names} <= set(LIMITS)
