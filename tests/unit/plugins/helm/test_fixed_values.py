"""Values of a user's that contradict what a role relies on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import fixed_values

pytestmark = pytest.mark.case("C2")
TABLE: dict[str, Any] = {
    "fullnameOverride": "set a_release_name",
    "server.port": {"may_be": [80, "80"], "fix": "leave it out"},
    "grafana.ini.server.root_url": "set a_root_url",
    "configMap": "set a_config",
    "env": {"keep": True, "fix": "repeat these entries"},
}
OWN: dict[str, Any] = {
    "fullnameOverride": "a",
    "grafana.ini": {"server": {"root_url": "http://a"}},
    "env": [{"name": "KEY", "value": "1"}, "word"],
}


def said(user: dict[str, Any]) -> list[str]:
    return fixed_values(user, OWN, TABLE, "a_values")


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"other": 1},
        {"fullnameOverride": "a"},
        {"server": {"port": 80}},
        {"server": {"port": "80", "host": "x"}},
        {"server": {}},
        {"grafana.ini": {"server": {"root_url": "http://a", "more": 1}}},
        {"env": [{"name": "X"}, "word", {"name": "KEY", "value": "1"}]},
    ],
)
def test_what_contradicts_nothing(user: dict[str, Any]) -> None:
    assert said(user) == []


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ({"fullnameOverride": "b"}, "fullnameOverride is not to be set: set a_release_name."),
        ({"fullnameOverride": None}, "fullnameOverride is not to be set: set a_release_name."),
        ({"server": {"port": 81}}, "server.port is not to be set: leave it out."),
        ({"server": None}, "server is not to be set: leave it out."),
        (
            {"grafana.ini": {"server": {"root_url": "b"}}},
            "grafana.ini.server.root_url is not to be set: set a_root_url.",
        ),
        ({"configMap": {"content": "x"}}, "configMap is not to be set: set a_config."),
        ({"env": []}, "env leaves out what the role needs there (KEY, word): repeat these entries."),
        (
            {"env": [{"name": "KEY", "value": "2"}, "word"]},
            "env leaves out what the role needs there (KEY): repeat these entries.",
        ),
        ({"env": None}, "env leaves out what the role needs there (KEY, word): repeat these entries."),
    ],
)
def test_a_contradiction_names_the_value_and_the_fix(user: dict[str, Any], sentence: str) -> None:
    assert said(user) == [f"a_values: {sentence}"]


def test_no_value_is_shown() -> None:
    assert "sesame" not in " ".join(said({"fullnameOverride": "sesame", "configMap": "sesame", "env": ["sesame"]}))


def test_a_role_that_has_no_entries_there_takes_any_list() -> None:
    assert fixed_values({"env": ["x"]}, {}, TABLE, "v") == []


def test_values_that_are_no_dictionary() -> None:
    with pytest.raises(AnsibleFilterError, match="dictionary"):
        fixed_values([], {}, {})
