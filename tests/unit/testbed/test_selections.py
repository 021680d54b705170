"""A selection that selects nothing does not pass: names that are not known are refused, by every switch there is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bench import __main__ as bench
from testbed import inventory
from testbed.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.case("D6")
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **more}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def choose(scenario: str, faults: str) -> subprocess.CompletedProcess[str]:
    folder = str(ROOT / "molecule" / scenario)
    command = [PLAYBOOK, "-i", "localhost,", "-c", "local", "molecule/shared/faults.yml"]
    return run(command, FAULTS=faults, MOLECULE_SCENARIO_DIRECTORY=folder)


@pytest.mark.parametrize(
    ("scenario", "wrong", "right"),
    [("faults", "tempo_killed", "tempo-killed disk-full"), ("alerts", "tempo-away", "tempo_away")],
)
def test_a_fault_that_is_not_there_is_refused(scenario: str, wrong: str, right: str) -> None:
    done = choose(scenario, f"{right} {wrong}")
    said = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert f"FAULTS has {wrong}, which this scenario does not have: use " in said
    assert choose(scenario, right).returncode == 0


@pytest.mark.parametrize("scenario", ["faults", "alerts"])
def test_faults_are_looked_at_before_anything_is_made(scenario: str) -> None:
    for name in ("converge", "side_effect"):
        first = yaml.safe_load((ROOT / "molecule" / scenario / f"{name}.yml").read_text())[0]
        assert first["ansible.builtin.import_playbook"] == "../shared/faults.yml", name


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [("stack tempoo", "SCENARIOS has tempoo"), ("shared", "SCENARIOS has shared"), (" ", "SCENARIOS names none")],
)
def test_a_scenario_that_is_not_there_is_refused(scenarios: str, said: str) -> None:
    done = run(["make", "--dry-run", "test-cluster", f"SCENARIOS={scenarios}"])
    assert done.returncode == 2
    assert said in done.stderr
    assert "== molecule" not in done.stdout


def test_scenarios_that_are_there_are_run() -> None:
    done = run(["make", "--dry-run", "test-cluster", "SCENARIOS=tempo upgrade"])
    assert done.returncode == 0, done.stderr
    assert "for scenario in tempo upgrade" in done.stdout


@pytest.mark.parametrize("rounds", ["0", "-1", "many", "2.5", ""])
def test_a_bench_of_no_rounds_is_refused(rounds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_ROUNDS", rounds)
    with pytest.raises(SystemExit, match=r"BENCH_ROUNDS is '.*': set it to a whole number from 1"):
        bench.rounds_asked()


def test_a_part_that_the_bench_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "rates", "speed"])
    with pytest.raises(SystemExit, match="There is no part speed"):
        bench.main()


def test_a_folder_of_charts_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHARTS_DIR", str(tmp_path / "charts"))
    with pytest.raises(UsageError, match=r"CHARTS_DIR=.*charts is no folder"):
        inventory.charts_folder()


def environment_of_tests() -> Mapping[str, str]:
    """What chooses among tests, each with a value that is none."""
    return {
        "OTLP_EXAMPLES": "golang",
        "TRACING_UPSTREAM_CHARTS": "/nowhere/charts",
        "CHARTS_DIR": "/nowhere/charts",
    }


@pytest.mark.parametrize(("name", "value"), environment_of_tests().items())
def test_a_choice_among_tests_that_is_none_is_refused(name: str, value: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--collect-only",
        "tests/integration",
        "tests/contract/test_chart_keys.py",
    ]
    done = run(command, **{name: value})
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"{name} " in done.stderr
    assert value.rsplit("/", maxsplit=1)[-1] in done.stderr
