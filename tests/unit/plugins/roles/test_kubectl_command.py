# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that a person pastes into a shell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.texts import kubectl_command
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell, shell_of

ROOT = Path(__file__).resolve().parents[4]
# What helm does with charts alone leads to no cluster.
AT_A_CLUSTER = re.compile(r"\bkubectl\s+[a-z-]|\bhelm\s+(-|(history|status|get|list|rollback|upgrade|uninstall)\b)")
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


@pytest.mark.case("F11")
@pytest.mark.parametrize(
    ("kubeconfig", "context", "expected"),
    [
        ("", "", "kubectl -n tracing"),
        ("~/.kube/my config", "", "kubectl --kubeconfig '~/.kube/my config' -n tracing"),
        ("", "a;b", "kubectl --context 'a;b' -n tracing"),
        ("/k", "c", "kubectl --kubeconfig /k --context c -n tracing"),
        ("/a:/b", "c", "KUBECONFIG=/a:/b kubectl --context c -n tracing"),
    ],
)
def test_kubectl(kubeconfig: str, context: str, expected: str) -> None:
    assert kubectl_command("tracing", kubeconfig, context) == expected


@pytest.mark.case("F11")
def test_helm_names_a_context_by_an_option_of_its_own() -> None:
    assert kubectl_command("tracing", "/k", "c", program="helm") == "helm --kubeconfig /k --kube-context c -n tracing"
    assert Shell("/k", "c").helm("history tempo", "x") == "helm --kubeconfig /k --kube-context c -n x history tempo"
    with pytest.raises(AnsibleFilterError, match="program is 'oc'; write one of kubectl, helm"):
        kubectl_command("tracing", program="oc")


def test_the_options_of_a_module_name_the_cluster() -> None:
    assert shell_of({"kubeconfig": None, "context": "c"}) == Shell(context="c")
    assert shell_of({}).kubectl("get pods") == "kubectl get pods"


@pytest.mark.case("F11")
@pytest.mark.parametrize("file", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_message_writes_a_command_by_itself(file: Path) -> None:
    assert [text for text in shown(ast.parse(file.read_text())) if AT_A_CLUSTER.search(text)] == []


@pytest.mark.case("F11")
def test_no_role_writes_a_command_by_itself() -> None:
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/vars/**/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
    lines = [(str(file), line) for file in files for line in file.read_text().splitlines() if line.strip()[:1] != "#"]
    assert [found for found in lines if AT_A_CLUSTER.search(found[1].partition(" #")[0])] == []


def shown(tree: ast.Module) -> Iterator[str]:
    """The texts of a file that may reach people: neither docstrings nor documentation."""
    hidden = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    hidden |= {id(node.value) for node in assigned if DOCUMENTATION & {getattr(one, "id", "") for one in node.targets}}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node.value
