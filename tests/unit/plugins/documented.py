# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module's documentation says, with the options of its fragments, as Ansible puts them together."""

from __future__ import annotations

import importlib
from typing import Any

import yaml

PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins"


def documentation(name: str) -> dict[str, Any]:
    """The documentation of a module, with the options of its fragments."""
    own: dict[str, Any] = yaml.safe_load(importlib.import_module(f"{PREFIX}.modules.{name}").DOCUMENTATION)
    for fragment in own["extends_documentation_fragment"]:
        file, _dot, part = fragment.removeprefix("tracelab.k8s_tracing.").partition(".")
        texts = importlib.import_module(f"{PREFIX}.doc_fragments.{file}").ModuleDocFragment
        own["options"].update(yaml.safe_load(getattr(texts, part.upper() or "DOCUMENTATION")).get("options", {}))
    return own
