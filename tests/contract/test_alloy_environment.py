"""The environment of Alloy's container: the collector of Go runs less often, unless the user says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from role_values import render

CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "default": ({}, [{"name": "GOGC", "value": "200"}]),
    "beside": (
        {"alloy_extra_env": [{"name": "REGION", "value": "eu"}]},
        [{"name": "GOGC", "value": "200"}, {"name": "REGION", "value": "eu"}],
    ),
    "replaced": ({"alloy_extra_env": [{"name": "GOGC", "value": "100"}]}, [{"name": "GOGC", "value": "100"}]),
}


@pytest.fixture(scope="module")
def environments(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    options = {case: given for case, (given, _wanted) in CASES.items()}
    found = render(root, "alloy", options, tmp_path_factory.mktemp("environments"))
    values: dict[str, Any] = {case: one.values["alloy"] for case, one in found.items()}
    return {case: one["extraEnv"] for case, one in values.items()}


@pytest.mark.parametrize("case", CASES)
def test_variable_of_the_user_takes_the_place_of_the_roles(environments: dict[str, Any], case: str) -> None:
    assert environments[case] == CASES[case][1]
