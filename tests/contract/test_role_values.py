"""Every value that a role gives to its chart is a key of the upstream chart, with the upstream key's type.

Helm says nothing about a key that a chart does not know: the setting is lost. Here it is named.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from keys import Contract, leaves, read_contract, unknown_keys, wrong_types
from role_values import Rendered, render


def load(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


# One file a role: sets of options, and the keys that its chart takes without listing them.
FILES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
CASES: dict[str, dict[str, dict[str, object]]] = {file.stem: load(file)["cases"] for file in FILES}
UNLISTED: dict[str, dict[str, str]] = {file.stem: load(file)["unlisted"] for file in FILES}
EVERY_CASE = [(role, case) for role, cases in CASES.items() for case in cases]

Render = Callable[[str, str], Rendered]


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    @cache
    def of_role(role: str) -> dict[str, Rendered]:
        return render(root, role, CASES[role], tmp_path_factory.mktemp(role))

    return lambda role, case: of_role(role)[case]


def contract_of(contracts: Path, role: str, version: str) -> Contract:
    return read_contract(contracts, role, version).also_open(UNLISTED[role])


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_only_keys_of_the_chart(contracts: Path, rendered: Render, role: str, case: str) -> None:
    made = rendered(role, case)
    assert unknown_keys(made.values, contract_of(contracts, role, made.version)) == []


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_values_have_the_type_of_the_chart(contracts: Path, rendered: Render, role: str, case: str) -> None:
    made = rendered(role, case)
    assert wrong_types(made.values, contract_of(contracts, role, made.version)) == []


@pytest.mark.parametrize("role", CASES)
def test_a_role_sets_something(rendered: Render, role: str) -> None:
    assert len(list(leaves(rendered(role, "default").values))) > 5


@pytest.mark.parametrize("role", CASES)
def test_exceptions_are_still_needed(contracts: Path, rendered: Render, role: str) -> None:
    """An exception for a listed key is stale; one that no case uses hides nothing but mistakes."""
    contract = read_contract(contracts, role, rendered(role, "default").version)
    unlisted = {path for case in CASES[role] for path in unknown_keys(rendered(role, case).values, contract)}
    stale = [path for path in UNLISTED[role] if not any(f"{used}.".startswith(f"{path}.") for used in unlisted)]
    assert stale == []
