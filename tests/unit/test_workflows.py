"""Workflows and the robots that keep pins fresh: what actionlint and zizmor do not look at."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from pinned import parts, pins, tried

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "ci").glob("*github-actions.yml"))
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), *EXAMPLES]
USES = re.compile(r"uses: *(\S+?)@(.*)$", re.MULTILINE)
NOT_NIGHTLY = {
    "airgap": "by hand, see nightly.yml",
    "alerts": "by hand, see nightly.yml",
    "canary": "by hand, see nightly.yml",
    "distributed": "by hand, see nightly.yml",
    "default": "makes the cluster for the others",
    "example_app": "by hand, see nightly.yml",
    "faults": "by hand, see nightly.yml",
    "scale_out": "by hand, see nightly.yml",
    "stack": "by ci.yml",
    "uninstall": "by ci.yml",
}
# Python packages outside of files of requirements, which are Renovate's.
OUTSIDE = (
    "Makefile", "antsibull-nox.toml", "examples/app/Containerfile", "noxfile.py", ".github/workflows/nightly.yml",
)  # fmt: skip
PIP = re.compile(r"\b([a-z][\w-]*)==(\d[\w.]*)")
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


def test_renovate_sees_every_version_that_dependabot_does_not() -> None:
    found = _seen_by_renovate()
    wanted = {("helm", chart, version) for part in parts() for chart, version in part.charts}
    wanted |= {("docker", part.image, part.tag) for part in parts()}
    wanted |= {
        ("go", pin.module, pin.module_version)
        for pin in pins.load().programs.values()
        if pin.module and not re.search(r"\d{14}", pin.module_version)  # a commit, which nobody lists
    }
    wanted |= {("pypi", "ansible", row["package"]) for row in tried()["ansible"]}
    for row in tried()["cluster"]:
        helm = row["helm"]
        wanted |= {("docker", "kindest/node", row["kubernetes"]), ("go", f"helm.sh/helm/{helm.split('.')[0]}", helm)}
    for name in (*OUTSIDE, "release/requirements.in"):
        wanted |= {("pypi", *pin) for pin in PIP.findall((ROOT / name).read_text())}
    assert found == wanted


def test_a_python_package_is_pinned_where_one_of_both_looks() -> None:
    """A pin elsewhere would grow old unseen. Files of requirements are Dependabot's, but for Ansible's own line."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    (pip,) = [update for update in updates if update["package-ecosystem"] == "pip"]
    requirements = {
        str(path.relative_to(ROOT))
        for folder in pip["directories"]
        for path in (ROOT / folder.strip("/")).glob("*requirements*")
    }
    assert {item["dependency-name"] for item in pip["ignore"]} == {"ansible", "ansible-core"}
    places = {name for name in _tracked() if not name.startswith(("tests/", "docs/")) and _has_pin(ROOT / name)}
    assert places - requirements - set(OUTSIDE) - {"CHANGELOG.md"} == set()


def _has_pin(path: Path) -> bool:
    return path.is_file() and PIP.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def _tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def _seen_by_renovate() -> set[tuple[str, str, str]]:
    managers = json.loads((ROOT / ".github" / "renovate.json").read_text())["customManagers"]
    found = set()
    for manager in managers:
        (wanted,) = manager["matchStrings"]
        files = [re.compile(pattern.strip("/").replace("\\/", "/")) for pattern in manager["managerFilePatterns"]]
        own = set()
        for name in _tracked():
            if any(pattern.search(name) for pattern in files):
                for match in re.finditer(wanted.replace("(?<", "(?P<"), (ROOT / name).read_text()):
                    template = manager.get("depNameTemplate", "{{{depName}}}")
                    told = re.sub(r"\{\{\{(\w+)\}\}\}", lambda field, match=match: match[field[1]], template)
                    own.add((manager["datasourceTemplate"], told, match["currentValue"]))
        assert own, manager["description"]
        found |= own
    return found
