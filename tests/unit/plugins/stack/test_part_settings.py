# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the settings of a part say of it. Which part is meant is in test_parts.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar, trust_as_template
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import with_part
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import RELEASE_NAMES, with_record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.settings import described

ROLES = Path(__file__).resolve().parents[4] / "roles"


class Given:
    """Settings that somebody has set, and what was asked for beside them."""

    def __init__(self, files: tuple[Mapping[str, Any], ...] = (), **settings: Any) -> None:
        self._files = files
        self._settings = settings
        self.asked: dict[str, Any] = {}

    def get(self, name: str, default: Any = "") -> Any:
        self.asked[name] = default
        return self._settings.get(name, default)

    def files(self, _name: str) -> list[Mapping[str, Any]]:
        return list(self._files)


@pytest.mark.parametrize("part", RELEASE_NAMES)
def test_what_nobody_has_set_is_the_default_of_the_role(part: str) -> None:
    """A default that depends on other settings is seen by its role alone."""
    own = yaml.safe_load((ROLES / part / "defaults" / "main.yml").read_text())
    asked: dict[str, Any] = {}
    for mode in ("chart", "existing"):
        given = Given() if mode == "chart" else Given(**{f"{part}_mode": mode})
        described(part, "n", given)
        asked |= given.asked
    plain = {name: own[name] for name in asked if name in own and "{{" not in str(own[name])}
    assert plain
    plain.pop("tempo_streaming_enabled", None)  # of a Tempo that nobody has described, it is not known
    assert {name: asked[name] for name in plain} == plain


@pytest.mark.parametrize(
    ("settings", "never"),
    [
        ({}, []),
        ({"tempo_vulture_read_interval": "0s"}, ["id"]),
        ({"tempo_vulture_read_interval": "90s", "tempo_vulture_search_interval": "0s"}, ["search"]),
    ],
)
def test_the_canary_never_reads_what_it_has_no_interval_for(settings: dict[str, str], never: list[str]) -> None:
    assert described("tempo_vulture", "n", Given(**settings))["never_reads"] == never


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ([], []),
        ([{"tenant": "team-a", "namespace": "n"}, {"namespace": "pay"}], [("team-a", "n"), ("", "pay")]),
        # The playbooks say what is wrong with these.
        (["a", 3], []),
        ("{{", []),
    ],
)
def test_canaries_of_tenants_are_known_from_their_list(given: Any, listed: list[tuple[str, str]]) -> None:
    settings = {"k8s_tracing_tempo_vulture_tenants": given, "tempo_vulture_release_name": "v"}
    found = described("tempo_vulture", "n", Given(**settings))
    assert [(one["tenant"], one["namespace"]) for one in found["listed"]] == listed
    assert [one["metrics"] for one in found["listed"]] == [f"v.{namespace}.svc:8080" for _tenant, namespace in listed]
    assert found["is_listed"] == bool(listed)


@pytest.mark.parametrize("enabled", [None, False, "false", True, "true"])
@pytest.mark.parametrize("tenants", [None, [], [{"tenant": "team-a", "namespace": "n"}]])
def test_a_canary_is_wanted_that_is_enabled_or_listed(enabled: Any, tenants: Any) -> None:
    given = {"k8s_tracing_tempo_vulture_enabled": enabled, "k8s_tracing_tempo_vulture_tenants": tenants}
    settings = {name: value for name, value in given.items() if value is not None}
    wanted = enabled in (True, "true") or bool(tenants)
    assert described("tempo_vulture", "n", Given(**settings))["wanted"] is wanted


def test_tempo_in_parts_has_a_service_for_each_end() -> None:
    found = described("tempo", "n", Given(tempo_mode="distributed", tempo_release_name="store"))
    assert (found["query_service"], found["otlp_service"]) == ("store-query-frontend", "store-distributor")
    assert found["services"] == ["store-query-frontend", "store-distributor"]
    assert described("tempo", "n", Given())["services"] == ["tempo"]


def test_each_component_of_tempo_has_metrics_of_its_own() -> None:
    assert described("tempo", "n", Given())["metrics"] == {"tempo": "tempo.n.svc:3200"}
    parts = {"tempo_mode": "distributed", "tempo_release_name": "store"}
    found = described("tempo", "n", Given(**parts))["metrics"]
    assert found["tempo-distributor"] == "dns+store-distributor-discovery.n.svc:3200"
    assert found["tempo-live-store"] == "dns+store-live-store.n.svc:3200"
    assert len(found) == 8
    without = described("tempo", "n", Given(**parts, tempo_metrics_generator_enabled=False))["metrics"]
    assert set(found) - set(without) == {"tempo-metrics-generator"}


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({}, "10Gi"),
        ({"tempo_persistence_size": "1Ti"}, "1Ti"),
        ({"tempo_persistence_enabled": False}, ""),
        ({"tempo_storage_backend": "s3"}, ""),
    ],
)
def test_only_a_local_store_has_a_volume(given: dict[str, Any], size: str) -> None:
    assert described("tempo", "n", Given(**given))["volume_size"] == size


def test_values_of_the_user_change_names_and_addresses() -> None:
    values = {"server": {"fullnameOverride": "metrics", "service": {"servicePort": 9090}, "prefixURL": "/x/"}}
    found = described("prometheus", "n", Given(prometheus_values=values))
    assert found["query_url"] == "http://metrics.n.svc:9090/x"
    assert found["write_url"] == "http://metrics.n.svc:9090/x/api/v1/write"
    assert (found["services"], found["own"]["path"]) == (["metrics"], "/x")
    # A file is laid over them, deeply.
    over = {"server": {"service": {"servicePort": 80}}}
    found = described("prometheus", "n", Given((over,), prometheus_values=values))
    assert found["query_url"] == "http://metrics.n.svc:80/x"
    assert found["own"]["values"]["server"]["fullnameOverride"] == "metrics"
    found = described("grafana", "n", Given((over, {"fullnameOverride": "boards"})))
    assert (found["fullname"], found["services"]) == ("boards", ["boards"])


def test_a_prometheus_of_somebody_else_is_where_its_url_says() -> None:
    theirs = {"prometheus_mode": "existing", "prometheus_url": "https://user:secret@metrics.example.com/x/"}
    found = described("prometheus", "n", Given(**theirs))
    assert (found["query_url"], found["services"]) == ("https://metrics.example.com/x", [])
    assert found["write_url"] == "https://metrics.example.com/x/api/v1/write"
    found = described("prometheus", "n", Given(**theirs, prometheus_remote_write_url="https://w.example.com"))
    assert found["write_url"] == "https://w.example.com"
    assert described("prometheus", "n", Given(prometheus_mode="existing"))["query_url"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prometheus_mode": "existing", "prometheus_url": 9090}, "prometheus_url is 9090"),
        ({"prometheus_values": {"server": "x"}}, "prometheus_values.server is 'x'"),
        ({"prometheus_values": {"server": {"service": [80]}}}, r"prometheus_values.server.service is \[80\]"),
    ],
)
def test_what_can_not_be_read_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(TracingError, match=words):
        described("prometheus", "n", Given(**given))


def test_a_login_of_the_receiver_that_is_none_is_none() -> None:
    assert described("alloy", "n", Given(alloy_receiver_auth={"type": "basic"}))["auth"] == "basic"
    assert described("alloy", "n", Given(alloy_receiver_auth="basic"))["auth"] == "none"


def look_up(part: str, own: str, **variables: Any) -> dict[str, Any]:
    loader = DataLoader()
    templar = Templar(loader, variables=variables)
    lookup = lookup_loader.get("tracelab.k8s_tracing.part", loader=loader, templar=templar)
    (found,) = lookup.run([part], variables, own=own)
    return dict(found)


def test_settings_are_filled_in_where_they_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "values.yml"
    file.write_text("fullnameOverride: boards\n")
    found = look_up(
        "grafana",
        "grafana",
        grafana_namespace=trust_as_template("{{ k8s_tracing_namespace | default('tracing') }}"),
        k8s_tracing_namespace=trust_as_template("team-{{ team }}"),
        team="a",
        grafana_kubeconfig=trust_as_template("{{ k8s_tracing_kubeconfig | default('') }}"),
        grafana_kube_context="one",
        grafana_url=trust_as_template("{{ nobody_has_set_this }}"),
        grafana_values_files=[str(file)],
    )
    assert (found["namespace"], found["cluster"]) == ("team-a", "|one")
    assert (found["fullname"], found["url"], found["own"]["values"]) == (
        "boards",
        "",
        {"fullnameOverride": "boards"},
    )


def test_without_an_asker_each_part_is_as_its_own_settings_say() -> None:
    given = {"tempo_namespace": "store", "k8s_tracing_namespace": "stack", "tempo_state": "absent"}
    (tempo, alloy) = (look_up(part, "", **given) for part in ("tempo", "alloy"))
    assert (tempo["namespace"], tempo["state"]) == ("store", "absent")
    # Roles whose defaults nobody sees, as with ANSIBLE_PRIVATE_ROLE_VARS.
    assert (alloy["namespace"], alloy["state"], alloy["cluster"]) == ("stack", "present", "|")


@pytest.mark.case("B1")
def test_values_of_the_user_stay_with_their_role() -> None:
    """They may be secret, and what is recorded is shown."""
    given = {"prometheus_namespace": "n", "prometheus_values": {"password": "hidden"}, "tempo_namespace": "n"}
    assert "hidden" not in str(look_up("prometheus", "tempo", **given))
    own = look_up("prometheus", "prometheus", **given)
    assert "hidden" in str(own["own"])
    assert "hidden" not in str(with_record([], {**own, "planned": True}))


def test_parts_are_recorded_by_one_or_by_several() -> None:
    one, two = ({**look_up(part, ""), "planned": False} for part in ("tempo", "alloy"))
    assert [found["part"] for found in with_part([], [one, two])] == ["tempo", "alloy"]
    assert with_part(with_part([], one), two) == with_part([], [one, two])


def test_what_can_not_be_read_is_refused_without_a_traceback() -> None:
    with pytest.raises(AnsibleError, match=r"prometheus_values\.server is 'x'"):
        look_up("prometheus", "tempo", tempo_namespace="n", prometheus_values={"server": "x"})


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"alloy_k8s_attributes_enabled": "false", "alloy_resource_attributes": {}}, []),
        ({"alloy_k8s_attributes_enabled": "true"}, ["alloy_k8s_attributes_enabled"]),
        ({"alloy_mask_patterns": [{"pattern": "a"}], "alloy_resource_detection": ["env"]},
         ["alloy_resource_detection", "alloy_mask_patterns"]),
    ],
)  # fmt: skip
def test_alloy_says_what_changes_spans(given: dict[str, Any], names: list[str]) -> None:
    assert described("alloy", "n", Given(**given))["rewriting"] == names


REST = {"name": "rest", "default": True}


@pytest.mark.parametrize(
    ("routes", "tenant"),
    [
        ([], "all"),
        ([{"name": "a", "tenant": "team-a"}, REST], "all"),
        ([{"name": "a", "tenant": "team-a"}, {**REST, "tenant": "rest"}], "rest"),
        # The role itself says what is wrong with these.
        (["a", {**REST, "tenant": "rest"}, {**REST, "tenant": "too"}], "all"),
    ],
)
def test_alloys_tenant_is_that_of_its_default_route(routes: list[Any], tenant: str) -> None:
    given = Given(alloy_tempo_tenant="all", alloy_routes=routes)
    assert described("alloy", "n", given)["tenant"] == tenant


def test_tempo_says_how_long_it_keeps_traces_and_for_whom() -> None:
    found = described("tempo", "n", Given(tempo_retention="14d", tempo_multitenancy_enabled="true"))
    assert (found["retention"], found["multitenancy"]) == ("14d", True)
    assert described("tempo", "n", Given())["retention"] == "48h"


ROUTES = [
    {"name": "a", "attribute": "ns", "values": ["x", "y"], "tenant": "team-a"},
    {"name": "vendor", "attribute": "ns", "values": ["v"], "tenant": "theirs", "endpoint": "otlp.example.com:4317"},
    {"name": "b", "attribute": "ns", "values": ["x", "z"], "tenant": "team-b"},
    {"name": "c", "attribute": "ns", "matches": "^c-", "example": "c-1", "tenant": "team-c"},
    {"name": "d", "attribute": "ns", "matches": "^d-", "tenant": "team-d"},
    {"name": "e", "attribute": "ns", "values": ["c-2"], "tenant": "team-e"},
    {"name": "f", "attribute": "ns", "matches": "^f-", "example": "g", "tenant": "team-f"},
    {"name": "rest", "default": True},
]


def test_tenants_of_routes_with_what_they_take() -> None:
    found = described("alloy", "n", Given(alloy_routes=ROUTES, alloy_tempo_tenant="everybody"))["routes"]
    assert {one["name"]: (one["tenant"], one["attributes"]) for one in found} == {
        "a": ("team-a", {"ns": "x"}),
        # Its first value is taken by a route before it.
        "b": ("team-b", {"ns": "z"}),
        "c": ("team-c", {"ns": "c-1"}),
        "d": ("team-d", None),
        "e": ("team-e", None),
        "f": ("team-f", None),
        "rest": ("everybody", {}),
    }
    assert described("alloy", "n", Given(alloy_routes=ROUTES))["routes"][-1]["tenant"] == "team-f"


def test_routes_as_a_sender_meets_them() -> None:
    found = described("alloy", "n", Given(alloy_routes=ROUTES, alloy_tempo_tenant="everybody"))["rules"]
    assert [one["tenant"] for one in found] == [
        "team-a",
        None,
        *(f"team-{name}" for name in "bcdef"),
        "everybody",
    ]
    assert found[0] == {"name": "a", "tenant": "team-a", "attribute": "ns", "values": ["x", "y"]}
    assert found[-1] == {"name": "rest", "tenant": "everybody", "default": True}


def test_what_alloy_knows_of_a_pod() -> None:
    fields = [{"key": "team", "attribute": "team"}, {"key": "tier", "attribute": "tier", "from": "namespace"}]
    given: dict[str, Any] = {
        "alloy_k8s_attributes_metadata": ["k8s.namespace.name"],
        "alloy_k8s_attributes_labels": fields,
        "alloy_k8s_attributes_annotations": [{"key": "o", "attribute": "owner"}, "unread"],
    }
    assert described("alloy", "n", Given(**given))["pod_attributes"] == {}
    known = described("alloy", "n", Given(**given, alloy_k8s_attributes_enabled="true"))["pod_attributes"]
    assert known == {
        "k8s.namespace.name": "k8s.namespace.name",
        "team": "pod label team",
        "tier": "namespace label tier",
        "owner": "pod annotation o",
    }
    usual = described("alloy", "n", Given(alloy_k8s_attributes_enabled=True))["pod_attributes"]
    default = yaml.safe_load((ROLES / "alloy" / "defaults" / "main.yml").read_text())["alloy_k8s_attributes_metadata"]
    assert list(usual) == default
    unread = Given(alloy_k8s_attributes_enabled=True, alloy_k8s_attributes_metadata=3, alloy_k8s_attributes_labels="a")
    assert described("alloy", "n", unread)["pod_attributes"] == {}


@pytest.mark.parametrize(
    "routes", ["none", ["a"], [{"tenant": "a", "values": 3}], [{"tenant": "a", "matches": "("}], 3]
)
def test_routes_that_nobody_has_checked_are_no_traceback(routes: Any) -> None:
    assert all(one["attributes"] is None for one in described("alloy", "n", Given(alloy_routes=routes))["routes"])


def test_an_expression_that_python_can_not_read_may_take_any_text() -> None:
    unread = {"name": "a", "attribute": "ns", "matches": r"\pL", "tenant": "a"}
    second = {"name": "b", "attribute": "ns", "values": ["x"], "tenant": "b"}
    found = described("alloy", "n", Given(alloy_routes=[unread, second]))["routes"]
    assert [one["attributes"] for one in found] == [None, None]
