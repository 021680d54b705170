"""What is told of a task that ran Helm and failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import helm_failure, helm_words

pytestmark = pytest.mark.case("B5")
WHY = 'cannot patch "tempo" with kind StatefulSet: env[0].value: expected string, got 2'
UPGRADE = f"WARNING: the kubeconfig is group-readable\nError: UPGRADE FAILED: {WHY}\n"


@pytest.mark.parametrize(
    "result",
    [
        {"msg": "non-zero return code", "rc": 1, "stdout": "", "stderr": UPGRADE},
        {"msg": f"Failure when executing Helm command. Exited 1.\nstdout: \nstderr: {UPGRADE}", "stderr": UPGRADE},
        {"msg": WHY},
        {"msg": "", "stderr": "", "stdout": WHY},
    ],
)
def test_helms_words_are_told_whoever_ran_it(result: dict[str, Any]) -> None:
    assert helm_words(result) == WHY


def test_a_helm_that_did_not_start_is_told_by_the_module() -> None:
    assert "Errno 2" in helm_words({"msg": "[Errno 2] No such file or directory: b'helm'", "stderr": "", "rc": 2})


def test_what_gave_no_reason() -> None:
    assert helm_words({"rc": 1}) == "it gave no reason"
    with pytest.raises(AnsibleFilterError, match="result of a task"):
        helm_words("x")


def test_no_rescue_tells_a_commands_message_alone() -> None:
    """That of `command` is `non-zero return code`, whatever the program said."""
    root = Path(__file__).resolve().parents[4]
    files = [*root.glob("roles/*/tasks/*.yml"), *root.glob("playbooks/**/*.yml"), root / "site.yml"]
    assert [file.name for file in files if "ansible_failed_result.msg" in file.read_text(encoding="utf-8")] == []
    rescued = [file for file in files if "rescue:" in file.read_text(encoding="utf-8")]
    commands = [file for file in rescued if "ansible.builtin.command" in file.read_text(encoding="utf-8")]
    assert {file.name for file in commands} == {"recover.yml", "remove.yml", "rollback.yml"}
    assert all("helm_words" in file.read_text(encoding="utf-8") for file in commands)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('Failed to find required executable "helm" in paths', "no_helm"),
        ("[Errno 2] No such file or directory: b'helm'", "no_helm"),
        (helm_words({"msg": "Error executing command.", "rc": 2, "stderr": "", "stdout": ""}), "no_helm"),
        ("Error: Kubernetes cluster unreachable: Get https://127.0.0.1:1/version", "no_cluster"),
        ("dial tcp 127.0.0.1:1: connect: connection refused", "no_cluster"),
        ('annotation "meta.helm.sh/release-namespace" must equal "b": current value is "a"', "taken"),
        ('ServiceAccount "tempo" in namespace "n" exists and cannot be imported into the current release', "foreign"),
        ('StatefulSet.apps "tempo" is invalid: spec: Forbidden: updates to statefulset spec', "immutable"),
        ("spec.selector: Invalid value: field is immutable", "immutable"),
        ("timed out", "other"),
        ("", "other"),
    ],
)
def test_a_failure_with_a_remedy_of_its_own_is_known(words: str, kind: str) -> None:
    assert helm_failure(words) == kind
