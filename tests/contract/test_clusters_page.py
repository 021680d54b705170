"""What docs/clusters.md and docs/platforms.md say to set comes past the roles' checks, to where they want a cluster."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import yaml
from plays import run_play
from test_alloy_config import ROOT
from test_refusals import NO_CLUSTER, PLAY, words

sys.path.append(str(ROOT / "tests" / "unit" / "docs"))
from docs_pages import fences_of

ROLES = ("tempo", "prometheus", "grafana", "alloy")


def settings() -> dict[str, dict[str, Any]]:
    """The variables of each fence, for each role that has some of them."""
    found = {}
    pages = [ROOT / "docs" / name for name in ("clusters.md", "platforms.md")]
    for fence in (fence for page in pages for fence in fences_of(page)):
        values = yaml.safe_load(fence.text) if fence.what == "variables" else {}
        for role in ROLES:
            if any(name.startswith(f"{role}_") for name in values):
                found[f"{fence.page.stem}{fence.line}_{role}"] = {**values, "role_name_short": role}
    return found


SETTINGS = settings()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("clusters")
    (folder / "outcomes").mkdir()
    run_play(ROOT, folder, PLAY, {"hosts": SETTINGS})
    return {path.name: path.read_text(encoding="utf-8") for path in (folder / "outcomes").iterdir()}


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_taken(outcomes: dict[str, str], name: str) -> None:
    assert NO_CLUSTER in words(outcomes[name])
