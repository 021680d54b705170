# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that a person pastes into a shell."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.kubectl_command import FilterModule

kubectl_command = FilterModule().filters()["kubectl_command"]


@pytest.mark.parametrize(
    ("kubeconfig", "context", "expected"),
    [
        ("", "", "kubectl -n tracing"),
        ("~/.kube/my config", "", "kubectl --kubeconfig '~/.kube/my config' -n tracing"),
        ("", "a;b", "kubectl --context 'a;b' -n tracing"),
        ("/k", "c", "kubectl --kubeconfig /k --context c -n tracing"),
    ],
)
def test_kubectl(kubeconfig: str, context: str, expected: str) -> None:
    assert kubectl_command("tracing", kubeconfig, context) == expected
