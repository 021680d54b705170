"""Every value that a role gives to its chart is a key of the upstream chart, with the upstream key's type.

Helm says nothing about a key that a chart does not know: the setting is lost. Here it is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.secret_references import secret_references
from chart_keys import Contract, contract_of_chart, leaves, list_of, read_contract, unknown_keys, wrong_types
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


def contract_of(contracts: Path, made: Rendered) -> Contract:
    """The list of the chart's keys, else its own values.yaml where somebody has put the chart."""
    if list_of(made.chart, made.version, contracts).is_file():
        return read_contract(contracts, made.chart, made.version)
    folder = os.environ.get("TRACING_UPSTREAM_CHARTS", "")
    for file in Path(folder or os.devnull).glob("*/Chart.yaml"):
        found = load(file)
        if (found["name"], str(found["version"])) == (made.chart, made.version):
            return contract_of_chart(load(file.with_name("values.yaml")))
    pytest.skip(
        f"no list of keys of chart {made.chart} {made.version}, and not among TRACING_UPSTREAM_CHARTS={folder!r} "
        f"(helm pull {made.chart} --version {made.version} --repo URL --untar --untardir FOLDER)"
    )


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_only_keys_of_the_chart(contracts: Path, rendered: Render, role: str, case: str) -> None:
    made = rendered(role, case)
    unknown = unknown_keys(made.values, contract_of(contracts, made).also_open(UNLISTED[role]))
    assert not unknown, (
        f"chart {made.chart} {made.version} does not list {unknown}: one that its templates take all the same belongs, "
        f"with the reason, under `unlisted` in tests/contract/cases/{role}.yml"
    )


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_values_have_the_type_of_the_chart(contracts: Path, rendered: Render, role: str, case: str) -> None:
    made = rendered(role, case)
    assert wrong_types(made.values, contract_of(contracts, made).also_open(UNLISTED[role])) == []


def references(made: Rendered) -> set[tuple[str, str]]:
    return set(secret_references({"values": made.values}))


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_each_secret_in_the_values_is_named_with_its_key(rendered: Render, role: str, case: str) -> None:
    """What is waited for, and what render lists, is what pods read."""
    made = rendered(role, case)
    named = {(one["name"], key) for one in made.secrets for key in [*one["keys"], ""]}
    # What cert-manager makes of a Certificate among the values is not there before it.
    made_later = {
        (item["spec"]["secretName"], "")
        for item in made.values.get("extraObjects") or []  # type: ignore[attr-defined]
        if item["kind"] == "Certificate"
    }
    assert references(made) - made_later <= named
    assert {one["option"] for one in made.secrets if not one["option"].startswith(role)} == set()


@pytest.mark.parametrize("role", ["tempo", "alloy"])
def test_values_refer_to_secrets(rendered: Render, role: str) -> None:
    """Else the test before would look at nothing."""
    assert len({found for case in CASES[role] for found in references(rendered(role, case))}) > 3


@pytest.mark.parametrize("role", CASES)
def test_a_role_sets_something(rendered: Render, role: str) -> None:
    assert len(list(leaves(rendered(role, "default").values))) > 5


@pytest.mark.parametrize("role", CASES)
def test_exceptions_are_still_needed(contracts: Path, rendered: Render, role: str) -> None:
    """An exception for a listed key is stale; one that no case uses hides nothing but mistakes."""
    unlisted: set[str] = set()
    for case in CASES[role]:
        made = rendered(role, case)
        if list_of(made.chart, made.version, contracts).is_file():
            unlisted |= set(unknown_keys(made.values, read_contract(contracts, made.chart, made.version)))
    stale = [path for path in UNLISTED[role] if not any(f"{used}.".startswith(f"{path}.") for used in unlisted)]
    assert stale == []
