"""Workflows and the robots that keep pins fresh: what actionlint and zizmor do not look at."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "ci").glob("*github-actions.yml"))
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), *EXAMPLES]
USES = re.compile(r"uses: *(\S+?)@(.*)$", re.MULTILINE)
NOT_NIGHTLY = {
    "airgap": "by hand, see nightly.yml",
    "alerts": "by hand, see nightly.yml",
    "canary": "by hand, see nightly.yml",
    "default": "makes the cluster for the others",
    "example_app": "by hand, see nightly.yml",
    "faults": "by hand, see nightly.yml",
    "stack": "by ci.yml",
    "uninstall": "by ci.yml",
}
PINNED = re.compile(r"([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


def test_an_action_has_one_commit_everywhere_and_says_its_version() -> None:
    """The version is what a reader compares, and what Dependabot writes anew together with the commit."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for workflow in WORKFLOWS:
        for action, rest in USES.findall(workflow.read_text()):
            pin = PINNED.fullmatch(rest)
            assert pin, f"{workflow.name}: {action}@{rest}"
            found.setdefault(action, set()).add(pin.groups())
    assert found
    assert {action: pins for action, pins in found.items() if len(pins) != 1} == {}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_what_it_names(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text())
    assert content["permissions"] == {}
    for name, job in content["jobs"].items():
        assert "permissions" in job, name


def test_what_publishes_runs_none_of_the_tools_that_build() -> None:
    """They come from a registry at their newest fitting versions, and could take the secrets with them."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    secret = {
        name for name, job in jobs.items() if "secrets." in json.dumps(job) or "write" in job["permissions"].values()
    }
    assert secret == {"publish"}
    runs = [step["run"] for step in jobs["publish"]["steps"] if "run" in step]
    assert not [text for text in runs if re.search(r"\bmake\b|requirements-dev", text)]
    installs = [text for text in runs if "pip" in text]
    assert installs
    assert all("--require-hashes" in text for text in installs)


def test_the_network_policies_are_tried_on_a_network_that_enforces_them() -> None:
    """kind's own network does, that of the test bed's source mode does not: see the scenario's tasks/strangers.yml."""
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())["jobs"]["scenarios"]
    assert "multitenant_tls" in job["strategy"]["matrix"]["scenario"]
    assert [step["env"]["TESTBED"] for step in job["steps"] if "test-cluster" in step.get("run", "")] == ["pull"]
    cluster = yaml.safe_load((ROOT / "testbed" / "files" / "kind-pull.yaml").read_text())
    assert "disableDefaultCNI" not in cluster["networking"]
    steps = yaml.safe_load((ROOT / "molecule" / "multitenant_tls" / "verify.yml").read_text())[0]["tasks"]
    assert "tasks/strangers.yml" in [step.get("ansible.builtin.include_tasks") for step in steps]


def test_every_scenario_is_run_every_night_or_says_why_not() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())["jobs"]
    nightly = set(jobs["scenarios"]["strategy"]["matrix"]["scenario"])
    scenarios = {path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")}
    unknown = scenarios - nightly - NOT_NIGHTLY.keys()
    assert not unknown, f"add to scenarios of nightly.yml, or with the reason to NOT_NIGHTLY: {sorted(unknown)}"
    assert scenarios == nightly | NOT_NIGHTLY.keys() and not nightly & NOT_NIGHTLY.keys()


def test_renovate_sees_every_chart_and_image_that_is_pinned() -> None:
    managers = json.loads((ROOT / ".github" / "renovate.json").read_text())["customManagers"]
    found = set()
    for manager in managers:
        (files,), (wanted,) = manager["managerFilePatterns"], manager["matchStrings"]
        name = manager.get("depNameTemplate", "{{{depName}}}")
        for path in ROOT.glob("roles/**/*.yml"):
            if re.search(files.strip("/"), str(path.relative_to(ROOT))):
                for match in re.finditer(wanted.replace("(?<", "(?P<"), path.read_text()):
                    told = re.sub(r"\{\{\{(\w+)\}\}\}", lambda field, match=match: match[field[1]], name)
                    found.add((manager["datasourceTemplate"], told, match["currentValue"]))
    assert found == _pinned()


def _pinned() -> set[tuple[str, str, str]]:
    found = set()
    for role in ("alloy", "grafana", "prometheus", "tempo_vulture"):
        own = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
        found.add(("helm", own[f"{role}_chart_ref"], own[f"{role}_chart_version"]))
        (registry,) = re.findall(r"default\('([^']+)'\)", own[f"{role}_image_registry"])
        found.add(("docker", f"{registry}/{own[f'{role}_image_repository']}", own[f"{role}_image_tag"]))
    for major in yaml.safe_load((ROOT / "roles/tempo/vars/main/majors.yml").read_text())["_tempo_majors"].values():
        found |= {("helm", name, version) for name, version in major["charts"].items()}
        found.add(("docker", "docker.io/grafana/tempo", major["app"]))
    engines = yaml.safe_load((ROOT / "roles/k6_trace_generator/vars/main/run.yml").read_text())
    for one in engines["_k6_trace_generator_engine_table"].values():
        found.add(("docker", f"{one['registry']}/{one['repository']}", one["tag"]))
    return found
