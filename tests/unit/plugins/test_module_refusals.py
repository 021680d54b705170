# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every parameter of every module, given what can't be right: the module fails, names it, and has no traceback.

The modules run in this process, as Ansible runs them. Wrong types and strangers among choices are made from their
arguments; what else can be wrong stands in the table below, so that a new parameter is tested or fails here.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from ansible.module_utils.testing import patch_module_args
from invalid_values import WRONG_TYPES

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.modules"
# The documentation of action plugins, which run on the controller.
ACTIONS = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem not in ACTIONS)


class Seen(Exception):
    """The arguments of a module, instead of its run."""


@cache
def arguments(name: str) -> Mapping[str, Any]:
    module = importlib.import_module(f"{PREFIX}.{name}")
    spec: dict[str, Any] = {}

    def take(argument_spec: dict[str, Any], **_more: Any) -> None:
        spec.update(argument_spec)
        raise Seen

    with patch.object(module, "AnsibleModule", take), pytest.raises(Seen):
        module.main()
    return spec


Run = Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(name: str, args: dict[str, Any]) -> dict[str, Any]:
        with patch_module_args(args), pytest.raises(SystemExit) as ended:
            importlib.import_module(f"{PREFIX}.{name}").main()
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert ended.value.code, (name, args)
        return printed

    return call


def refuses(run: Run, name: str, parameter: str, args: dict[str, Any]) -> None:
    result = run(name, args)
    assert result["failed"] and not result.get("changed"), (parameter, args)
    assert parameter in result["msg"] and "Traceback" not in json.dumps(result), (parameter, args, result["msg"])


def wrong_types(spec: Mapping[str, Any]) -> list[Any]:
    """What Ansible itself does not make into the type: it takes any text for a list, and any number for a text."""
    kind = spec.get("type", "str")
    taken = {"bool": [[True], {"a": True}, "perhaps", 2], "list": [{"a": 1}], "dict": ["nonsense", 1, ["nonsense"]]}
    values = taken.get(kind, WRONG_TYPES[kind])
    if kind == "dict" and spec.get("options"):
        return []  # Ansible refuses these itself, some without a name and one with a traceback
    return [value for value in values if value is not None and not isinstance(value, (bool, float))]


# Of modules that can be used in several ways, what one way takes.
ONE_WAY = {"helm_release_plan": ("release_name", "chart_ref")}


def least(name: str) -> dict[str, Any]:
    """What the module can't do without."""
    return least_of(arguments(name), ONE_WAY.get(name, ()))


def least_of(options: Mapping[str, Any], more: Collection[str] = ()) -> dict[str, Any]:
    plain = {"str": "plain", "path": "/plain", "int": 1, "float": 1.0, "list": [], "bool": False}
    return {
        key: least_of(spec.get("options", {}))
        if spec.get("type") == "dict"
        else (spec.get("choices") or [plain[spec.get("type", "str")]])[0]
        for key, spec in options.items()
        if spec.get("required") or key in more
    }


@pytest.mark.parametrize("name", MODULES)
def test_a_value_of_another_type_or_a_stranger_among_choices(run: Run, name: str) -> None:
    for parameter, spec in arguments(name).items():
        if spec.get("type", "str") in ("int", "float", "bool", "list", "dict"):
            for value in wrong_types(spec):
                refuses(run, name, parameter, {**least(name), parameter: value})
        if spec.get("choices"):
            refuses(run, name, parameter, {**least(name), parameter: "stranger"})


@pytest.mark.parametrize("name", MODULES)
def test_what_is_required_left_out_and_what_is_unknown(run: Run, name: str) -> None:
    for parameter in [key for key, spec in arguments(name).items() if spec.get("required")]:
        refuses(run, name, parameter, {key: value for key, value in least(name).items() if key != parameter})
    refuses(run, name, "stranger", {**least(name), "stranger": 1})


URL = "http://127.0.0.1:1"
# Texts and numbers of the right type that can't be right all the same, by module; the connection is the same in all.
NAMES = ["Upper", "a b", "-a", "a\nb", "../a", "a" * 254]
CONNECTION: dict[str, list[Any]] = {
    "url": ["nowhere", "ftp://a", "http://a b", "http://u:p@a", "http://a\nb", "http://a?b=c"],
    "namespace": NAMES,
    "service": NAMES,
    "service_port": [0, 65536, -1],
    "request_timeout": [0, -1, "nan", "inf"],
    "tenant": ["a\nb", "é"],
    "alloy_url": ["nowhere", "http://a b"],
    "alloy_namespace": NAMES,
    "alloy_service": NAMES,
    "alloy_service_port": [0, 65536],
    "prometheus_url": ["nowhere", "http://a b"],
    "prometheus_namespace": NAMES,
    "prometheus_service": NAMES,
    "prometheus_service_port": [0, 65536],
    "prometheus_service_path": ["prometheus", "/a b", "/a?b"],
    "service_path": ["grafana", "/a b", "/a#b"],
    "otlp_url": ["nowhere", "http://a b"],
    "otlp_service_port": [0, 65536],
}
# What these parameters are about.
BESIDE: dict[str, dict[str, Any]] = {
    "generated_secret": {"generate": ["password"]},
    "trace_contract_check": {
        "content": "version: 1\nfind: {service: shop}\ncases: [{name: a}, {name: b, request: {path: /}}]",
        "request_url": "http://127.0.0.1:1",
    },
    "trace_contract_record": {"trace_id": "ab"},
    "tracing_report": {"traces": ["1"]},
}
OPTIONS: dict[str, dict[str, list[Any]]] = {
    "chart_archive": {name: ["--post-renderer=x"] for name in ("chart_ref", "chart_repo_url", "chart_version")},
    "cluster_preflight": {"release_names": [["a b"]], "min_version": ["new"]},
    "generated_secret": {"name": NAMES, "length": [0, -1]},
    "grafana_admin_password": {"timeout": [-1, "nan"], "poll_interval": [0, "nan"], "password": [""]},
    "helm_release_plan": {"release_name": NAMES},
    "otlp_trace_probe": {
        "traces": [0, 10**6],
        "spans_per_trace": [0, 10**6],
        "concurrency": [0, 10**6],
        "rate": [0, -1, "nan"],
        "timeout": [0, -1],
        "poll_interval": [0, -1],
        "search_interval": [0, -1],
        "service_name": [" "],
        "run_id": [" "],
        "run_id_attribute": [" "],
    },
    "release_objects": {"release_name": NAMES, "objects": [[{}], [{"kind": "Pod"}], [{"kind": "ConfigMap"}]]},
    "stack_manifests": {"kube_version": ["new"], "api_versions": [["--debug"]], "releases": [[{"id": "a"}]]},
    "service_uri": {"path": ["a b", "metrics", "/a\nb"]},
    "workloads_info": {"namespaces": [["a b"], ["a", "B"]]},
    "volume_claims": {
        "stateful_sets": [[{"name": "A", "claims": {}}], [{"name": "a", "claims": {"b": "much"}}]],
        "timeout": [0, -1, "nan"],
    },
    "tempo_ingestion_check": {
        "services": [[" "]],
        "absent_services": [[" "]],
        "expect_edges": [["a"], ["a -> a"], ["-> a"]],
        "max_error_rate": [-0.1, 2, "nan"],
        "min_duration": ["soon", "-1s", "0"],
        "max_duration": ["soon", "-1s", "0"],
        "since": ["yesterday", "-1h", "0"],
        "trace_ids": [["nonsense"], ["' or 1"]],
        "expressions": [["a[?"]],
        "min_traces": [-1],
        "max_traces": [-1],
        "min_spans": [-1],
        "sample": [-1],
        "generated_spans": [-1],
        "limit": [0],
        "timeout": [-1, "nan"],
        "poll_interval": [0, "nan"],
        "run_id": [" "],
        "run_id_attribute": [" "],
    },
    "span_metrics_check": {"timeout": [-1, "nan"], "poll_interval": [0, "nan"]},
    "tempo_search_info": {
        "start": ["soon"],
        "end": ["soon"],
        "since": ["yesterday", "-1h"],
        "limit": [0],
        "spans_per_set": [-1],
    },
    "tempo_metrics_info": {
        "start": ["soon"],
        "end": ["soon"],
        "since": ["yesterday"],
        "step": ["soon", "-1s"],
        "exemplars": [-1],
    },
    "tempo_trace_info": {"trace_id": ["nonsense", "../a", ""]},
    "trace_contract_check": {
        "content": ["", "version: 2", "version: 1\ncases: [{name: a, servces: [b]}]"],
        "request_url": ["nowhere", "ftp://a", "http://a b", "http://u:p@a"],
        "headers": [{"a b": "c"}],
        "trace_ids": [["nonsense"]],
        "since": ["yesterday", "-1h", "0"],
        "settle": [-1, "nan"],
        "timeout": [-1, "nan"],
        "poll_interval": [0, "nan"],
        "junit": ["/dev/null/x.xml", "/"],
    },
    "trace_contract_record": {
        "dest": ["/", "/dev/null/x.yml"],
        "name": [" ", "a\nb", "x" * 300],
        "trace_id": ["nonsense", ""],
        "since": ["yesterday", "-1h", "0"],
        "settle": [-1, "nan"],
        "timeout": [-1, "nan"],
        "poll_interval": [0, "nan"],
    },
    "tracing_pipeline_info": {
        "generated_spans": [-1],
        "stored_spans": [-1],
        "poll_interval": [0],
        "settle_timeout": [-1],
    },
    "workloads_ready": {"timeout": [-1, "nan"], "poll_interval": [0, "nan"]},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_value_that_cannot_be_right(run: Run, name: str) -> None:
    address = {"url": URL} if "url" in arguments(name) else {}
    for parameter, values in OPTIONS[name].items():
        for value in values:
            refuses(run, name, parameter, {**least(name), **address, **BESIDE.get(name, {}), parameter: value})


# The report takes the connection for the sake of the group's defaults, and asks nobody.
@pytest.mark.parametrize("name", [name for name in MODULES if name != "tracing_report"])
def test_a_connection_that_cannot_be(run: Run, name: str) -> None:
    for parameter in CONNECTION.keys() & arguments(name).keys():
        for value in CONNECTION[parameter]:
            refuses(run, name, parameter, {**least(name), **BESIDE.get(name, {}), parameter: value})
