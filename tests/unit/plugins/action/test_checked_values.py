"""What the action `checked_values` refuses and fills in, with Ansible's own templates."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.tracelab.k8s_tracing.plugins.action.checked_values import ActionModule, filled_in_once
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._variables import as_set


def trusted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: trusted(inner) for key, inner in value.items()}
    return trust_as_template(value) if isinstance(value, str) else value


def run(variables: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    task = SimpleNamespace(args=options, async_val=0, check_mode=False, diff=False, environment=[], action="x", name="")
    templar = Templar(loader=DataLoader(), variables=trusted(dict(variables)))
    shell = SimpleNamespace(tmpdir=None)
    action = ActionModule(task, SimpleNamespace(_shell=shell), None, None, templar, None)
    return action.run(task_vars={})


# Different each time that it is filled in.
RANDOM = {"dice": "{{ (10 ** 12) | random }}", "one": "{{ dice }}", "other": "{{ [dice] }}"}


def test_each_variable_is_filled_in_once() -> None:
    found = run(RANDOM, fill_in=["one", "other"])["filled_in"]
    assert found["other"] == [found["one"]]


def test_what_is_filled_in_is_not_shown() -> None:
    outcome = run({"password": "{{ 'hunter' ~ 2 }}"}, fill_in=["password"])
    assert outcome["filled_in"] == {"password": "hunter2"}
    assert outcome["_ansible_no_log"] is True


def test_the_first_that_has_sentences_is_told() -> None:
    variables = {"well": [], "bad": ["a is 0: give 1.", "b is 0: give 1."], "never": "{{ 1 / 0 }}", "worse": ["c"]}
    outcome = run(variables, refused=["well", "bad", "worse", "never"], fill_in=["never"])
    assert outcome == {"failed": True, "msg": "a is 0: give 1.\nb is 0: give 1."}


def test_a_variable_that_is_not_read_is_not_filled_in() -> None:
    assert run({"well": "{{ 1 }}", "never": "{{ 1 / 0 }}"}, fill_in=["well"])["filled_in"] == {"well": 1}


def test_one_that_is_not_there_fails() -> None:
    with pytest.raises(Exception, match="nobody"):
        run({}, fill_in=["nobody"])


def test_who_asks_sees_variables_as_they_were_set() -> None:
    templar = Templar(loader=DataLoader(), variables=trusted(RANDOM))
    found = filled_in_once(templar)
    assert as_set(found)["one"] == "{{ dice }}"
    assert as_set({"one": 1}) == {"one": 1}
    assert as_set(None) == {}


def test_a_copy_of_the_variables_is_filled_in_from_the_same() -> None:
    """As ansible.builtin.template makes it."""
    templar = Templar(loader=DataLoader(), variables=trusted(RANDOM))
    templar.available_variables = filled_in_once(templar)
    first = templar.resolve_variable_expression("one")
    templar.available_variables = copy.deepcopy(templar.available_variables)
    assert templar.resolve_variable_expression("dice") == first


def test_another_ansible_leads_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("ansible._internal._templating._lazy_containers")
    monkeypatch.setitem(sys.modules, "ansible._internal._templating._lazy_containers", None)
    templar = Templar(loader=DataLoader(), variables={})
    assert filled_in_once(templar) is templar.available_variables
    assert run({"one": "{{ 1 + 1 }}"}, fill_in=["one"])["filled_in"] == {"one": 2}
