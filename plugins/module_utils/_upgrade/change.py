# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One part of the stack before and after its step, from what was planned and what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import name_and_tag

from .app_versions import parse, shown

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Versions:
    """An empty text is what nobody knows."""

    chart: str = ""
    chart_version: str = ""
    app: str = ""


@dataclass(frozen=True)
class Change:
    """``values`` are those that would be applied; ``running`` is what Tempo says of itself, and of others empty."""

    part: str
    release: str
    namespace: str
    action: str = "upgrade"
    status: str = "deployed"
    old: Versions = field(default_factory=Versions)
    new: Versions = field(default_factory=Versions)
    reasons: Sequence[str] = ()
    history: Sequence[Item] = ()
    values: Item = field(default_factory=dict)
    running: Item = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"release {self.release} in namespace {self.namespace}"

    def value(self, path: str, default: Any = None) -> Any:
        return at(self.values, path, default)


def at(tree: Any, path: str, default: Any = None) -> Any:
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return default if tree is None else tree


def change(part: Item, plan: Item, options: Item, running: Item) -> Change:
    """``part`` as it was found, with its ``plan`` and the ``options`` of that."""
    old, new = plan.get("installed") or {}, plan.get("planned") or {}
    name, images = str(part["part"]), list(part["images"])
    asked = str((options.get("forward_only") or {}).get("version", ""))
    return Change(
        part=name,
        release=str(part["release_name"]),
        namespace=str(part["namespace"]),
        action=str(plan["action"]),
        status=str(plan.get("status", "")),
        old=_versions(old, *(name_and_tag(image)[1] for image in images), str(running.get("version") or "")),
        new=_versions(new, _same(images, new.get("images") or []), asked),
        reasons=list(plan.get("reasons") or []),
        history=list(plan.get("history") or []),
        values=options.get("values") or {},
        running=running,
    )


def _versions(found: Item, *tags: str) -> Versions:
    """With the first tag that names a version, else with the first. The chart's own counts where there is none."""
    given = [shown(tag) for tag in tags if tag] or [str(found.get("app_version", ""))]
    app = next(filter(parse, given), given[0])
    return Versions(str(found.get("chart", "")), str(found.get("chart_version", "")), app)


def _same(images: Sequence[str], planned: Sequence[str]) -> str:
    """The tag of the planned image that has the name of one that runs, in whatever registry."""
    names = {name_and_tag(image)[0] for image in images}
    return next((tag for name, tag in map(name_and_tag, planned) if name in names), "")
