# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that look like settings and are none; and one specification of all settings that roles share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.settings import unknown

ROOT = Path(__file__).resolve().parents[4]
SPEC = yaml.safe_load((ROOT / "roles" / "common" / "meta" / "argument_specs.yml").read_text())
KNOWN = [name for name in SPEC["argument_specs"]["settings"]["options"] if name.startswith("k8s_tracing_")]
PREFIX = "k8s_tracing_"


@pytest.mark.case("F12")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("k8s_tracing_namespce", ["k8s_tracing_namespce is no setting: did you mean k8s_tracing_namespace?"]),
        ("k8s_tracing_colour", ["k8s_tracing_colour is no setting of this collection."]),
        ("k8s_tracing_namespace", []),
        ("_common_parts", []),
        ("namespce", []),
    ],
)
def test_variables_that_are_no_settings_are_told(name: str, told: list[str]) -> None:
    assert unknown([name], KNOWN, PREFIX) == told


@pytest.mark.case("F12")
def test_every_shared_setting_is_known() -> None:
    files = [path for part in ("playbooks", "roles") for path in (ROOT / part).rglob("*.yml")]
    texts = [path.read_text() for path in files if path.parent.name != "meta"]
    # Names of folders and groups begin so too.
    read = {name for text in texts for name in re.findall(r"(?<![\w./-])k8s_tracing_[a-z_]+(?![\w-])", text)}
    assert read == set(KNOWN)
