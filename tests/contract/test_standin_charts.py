"""The charts of the test bed stand for the upstream ones: same name, same version, no key that upstream has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_keys import read_contract, unknown_keys, wrong_types

CHARTS = ["tempo", "prometheus", "grafana", "alloy", "tempo-vulture"]


def load(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest, root: Path) -> Path:
    return root / "testbed" / "charts" / str(request.param)


def upstream_version(chart: Path) -> str:
    return str(load(chart / "Chart.yaml")["version"]).partition("+")[0]


def pinned_version(role: Path) -> str:
    """As it stands among the defaults, or in the role's table of majors when it follows the image."""
    version = str(load(role / "defaults" / "main.yml")[f"{role.name}_chart_version"])
    if "{{" not in version:
        return version
    majors = load(role / "vars" / "main" / "majors.yml")
    return str(majors["_tempo_majors"][majors["_tempo_default_majors"]["monolithic"]]["charts"][role.name])


def test_name_is_upstreams(chart: Path) -> None:
    assert load(chart / "Chart.yaml")["name"] == chart.name


def test_version_is_marked_and_the_one_that_the_role_installs(chart: Path, root: Path) -> None:
    assert (
        load(chart / "Chart.yaml")["version"]
        == f"{pinned_version(root / 'roles' / chart.name.replace('-', '_'))}+testbed"
    )


def test_values_are_upstream_keys(chart: Path, contracts: Path) -> None:
    contract = read_contract(contracts, chart.name, upstream_version(chart))
    assert unknown_keys(load(chart / "values.yaml"), contract) == []


def test_values_have_upstreams_types(chart: Path, contracts: Path) -> None:
    contract = read_contract(contracts, chart.name, upstream_version(chart))
    assert wrong_types(load(chart / "values.yaml"), contract) == []


def test_shared_templates_are_the_same_text(root: Path) -> None:
    texts = {(root / "testbed/charts" / name / "templates/_bed.tpl").read_text(encoding="utf-8") for name in CHARTS}
    assert len(texts) == 1
