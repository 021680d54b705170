# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment in which tests run ansible-playbook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from loopback import ROOT

# Variables of whoever runs the tests that would lead elsewhere.
FOREIGN = ("KUBECONFIG", "K8S_AUTH_", "HELM_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ANSIBLE_")


def ansible_environment(home: Path, log: Path, own: Mapping[str, str]) -> dict[str, str]:
    """With this checkout's collection. Each result becomes a line of JSON in ``log``; ``own`` wins over all else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {
        **kept,
        "HOME": str(home),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file",
        "RESULTS_FILE": str(log),
        **own,
    }
