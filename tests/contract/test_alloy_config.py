"""Alloy's configuration, as the role renders it for every case, read by the real Alloy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_environment import ansible_environment
from loopback import required
from role_values import render

ROOT = Path(__file__).resolve().parents[2]
CASES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "alloy.yml").read_text())["cases"]


@pytest.fixture(scope="module")
def alloy() -> str:
    return required("alloy")


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    made = render(ROOT, "alloy", CASES, tmp_path_factory.mktemp("alloy"))
    return {case: rendered.values for case, rendered in made.items()}


def run(*command: str, given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120)


def config(values: Mapping[str, Any], case: str) -> str:
    """The configuration as Helm's template engine leaves it."""
    text: str = values[case]["alloy"]["configMap"]["content"]
    return text.replace("{{ `{{` }}", "{{")


@pytest.mark.parametrize("case", CASES)
def test_alloy_takes_it_at_the_stability_level_that_the_pod_has(
    alloy: str, values: Mapping[str, Any], case: str
) -> None:
    level = values[case]["alloy"]["stabilityLevel"]
    done = run(alloy, "validate", f"--stability.level={level}", "/dev/stdin", given=config(values, case))
    assert done.returncode == 0, f"{done.stderr}\n{config(values, case)}"


@pytest.mark.parametrize("case", CASES)
def test_it_is_written_as_alloy_would_write_it(alloy: str, values: Mapping[str, Any], case: str) -> None:
    text = config(values, case)
    done = run(alloy, "fmt", "-", given=text)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip("\n") == text.rstrip("\n")


def test_a_text_of_the_user_stays_a_text(values: Mapping[str, Any]) -> None:
    """Without its texts, the configuration is the same whatever is in them."""
    hostile, plain = (re.sub(r'"(\\.|[^"\\])*"', '""', config(values, case)) for case in ("hostile", "plain"))
    assert hostile == plain


def test_braces_of_the_user_come_through_helms_templates(values: Mapping[str, Any]) -> None:
    text = config(values, "private")
    assert "}} {{ .Values }} {% raw %}" in text
    chart = str(ROOT / "testbed" / "charts" / "alloy")
    done = run(
        required("helm"),
        "template",
        "alloy",
        chart,
        "--values",
        "-",
        given=json.dumps(values["private"], ensure_ascii=False),
    )
    assert done.returncode == 0, done.stderr
    maps = [item for item in yaml.safe_load_all(done.stdout) if item and item["kind"] == "ConfigMap"]
    assert [item["data"]["config.alloy"].rstrip("\n") for item in maps] == [text.rstrip("\n")]


@pytest.mark.parametrize(("content", "refused"), [("", False), ("nonsense {", True)])
def test_the_role_validates_by_the_program_that_is_named(
    alloy: str, tmp_path: Path, content: str, refused: bool
) -> None:
    call = {"name": "tracelab.k8s_tracing.alloy", "tasks_from": "validate"}
    tasks = [{"name": "Validate", "ansible.builtin.import_role": call}]
    play = {"name": "Here", "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    settings = {"alloy_binary": alloy, "alloy_extra_config": content, "ansible_python_interpreter": sys.executable}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml", "-e", json.dumps(settings)]
    environment = ansible_environment(tmp_path, tmp_path / "log.jsonl", {})
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == refused, done.stdout
    assert ("Alloy refuses the configuration rendered from the alloy_* settings" in done.stdout) == refused
