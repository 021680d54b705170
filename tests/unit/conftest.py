# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many examples the tests of properties try, and what no test leaves to the next."""

from __future__ import annotations

import os

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from hypothesis import HealthCheck, settings

# No test depends on how busy the machine is, neither by the time of an example nor by that of making it. Fewer examples
# keep the loop short; `HYPOTHESIS_PROFILE=thorough` tries many.
settings.register_profile("quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def _nothing_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module is a process of its own, and hides what it has sent itself."""
    monkeypatch.setattr(SENT, "_texts", set())
