"""The page about sizes shows what the filter gives, and what it says of them holds."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.input import defaults
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.plan import plan
from docs_pages import ROOT
from sizing_tables import PAGE, RATES, TABLES, shown
from test_docs_fences import ansible
from test_docs_names import options


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_what_the_filter_gives(name: str) -> None:
    assert shown(name) == TABLES[name](), "python tests/unit/docs/sizing_tables.py writes it anew"


def test_the_table_has_both_sides_of_the_end_of_one_process() -> None:
    last, first = (rate for rate in RATES if 33_000 < rate < 34_000)
    assert plan({"spans_per_second": last})["mode"] == "monolithic"
    assert plan({"spans_per_second": first})["mode"] == "distributed"
    assert "33 333 spans/s" in PAGE.read_text(encoding="utf-8")


def test_every_input_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in defaults() if f"| `{name}` |" not in text] == []


def test_what_the_page_says_of_the_cost_holds() -> None:
    size = plan({"spans_per_second": 1_000_000})
    memory = {name: one["replicas"] * parse_quantity(one["memory"]) for name, one in size["components"].items()}
    assert max(memory, key=lambda name: memory[name]) == "querier"
    assert 0.35 < float(memory["querier"]) / size["total"]["memory_bytes"] < 0.45
    assert 6 < size["kafka"]["disk_bytes"] / size["object_store"]["bytes"] < 7
    assert size["object_store"]["get_requests_per_month"] > 50 * size["object_store"]["put_requests_per_month"]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("backend", ["auto", "s3"])
def test_the_roles_take_the_variables(rate: int, backend: str) -> None:
    found = plan({"spans_per_second": rate, "storage_backend": backend})
    for name, value in found["variables"].items():
        result = ArgumentSpecValidator({name: options()[name]}).validate({name: value})
        assert not result.error_messages, result.error_messages
    assert set(found["still_to_set"]) <= set(options())


def test_the_playbook_says_the_size_and_the_variables() -> None:
    given: list[str] = ["-e", "k8s_tracing_size_spans_per_second=20000", "-e", "k8s_tracing_size_retention=7d"]
    said = ansible("ansible-playbook", "-i", "localhost,", str(ROOT / "playbooks" / "size.yml"), *given)
    size: dict[str, Any] = plan({"spans_per_second": "20000", "retention": "7d"})
    assert "20,000 spans/s, 10 MB/s; at the peak 15 MB/s. Kept for 168h." in said
    assert all(name in said for name in size["variables"])
    assert "changed=0" in said


@pytest.mark.case("F15")
def test_inputs_without_their_prefix_are_refused_with_their_new_name() -> None:
    given: list[str] = ["-e", "spans_per_second=20000", "-e", "retention=7d"]
    command = ["ansible-playbook", "-i", "localhost,", str(ROOT / "playbooks" / "size.yml"), *given]
    with pytest.raises(AssertionError, match="write k8s_tracing_size_spans_per_second and k8s_tracing_size_retention"):
        ansible(*command)


def test_the_playbook_knows_every_input() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / "size.yml").read_text(encoding="utf-8"))
    assert set(play["vars"]["size_inputs"]) == set(defaults())
