# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the checkout importable under its full collection name, whatever else is installed."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]

# A path entry alone would not do: the `ansible` package brings an `ansible_collections` of its own, which wins.
_AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()

# No test depends on how busy the machine is, neither by the time of an example nor by that of making it. Fewer examples
# keep the loop short; `HYPOTHESIS_PROFILE=thorough` tries many.
settings.register_profile("quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
