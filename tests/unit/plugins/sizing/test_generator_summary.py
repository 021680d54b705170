# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the generator is said to send, and to store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.generator import k6_summary
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.topology import compile_topology
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.figures import figure
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.generator import spans_per_trace

ROOT = Path(__file__).resolve().parents[4]
ROLE = yaml.safe_load((ROOT / "roles/k6_trace_generator/defaults/main.yml").read_text(encoding="utf-8"))
SHOP = compile_topology(ROLE["k6_trace_generator_topology"])


def test_the_shop_has_as_many_spans_as_the_calculator_assumes() -> None:
    assert spans_per_trace(SHOP["flows"]) == pytest.approx(figure("spans_per_trace"), abs=1)


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (
            {"endless": True, "seconds": 86400, "rate": 1},
            "1 trace a second, 7.6 spans each, until it is removed: about 180 MB of Tempo's storage for each day of "
            "retention",
        ),
        (
            {"endless": True, "seconds": 50000, "rate": 10},
            "10 traces a second, 7.6 spans each, until it is removed: about 1.8 GB of Tempo's storage for each day of "
            "retention",
        ),
        (
            {"endless": False, "seconds": 20, "rate": 2.5},
            "2.5 traces a second, 7.6 spans each, for 20 s: about 100 kB of Tempo's storage",
        ),
    ],
)
def test_a_run_is_told_with_its_share(load: dict[str, Any], says: str) -> None:
    assert k6_summary(load, SHOP) == says


def test_the_default_and_its_page_say_the_same() -> None:
    share = "about 180 MB"
    for file in ("docs/sizing.md", "roles/k6_trace_generator/defaults/main.yml"):
        assert share in " ".join((ROOT / file).read_text(encoding="utf-8").replace("\n#", " ").split()), file


@pytest.mark.parametrize("load", ["text", {}, {"endless": True, "seconds": 1, "rate": None}])
def test_what_is_no_load_is_refused(load: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="k6_summary takes"):
        k6_summary(load, SHOP)
