# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would have to be done about one Helm release. An unchanged one costs one HTTP request and no process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import Chart, is_local, load_chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.compare import (
    app_version_changes,
    file_changes,
    is_exact,
    module_can_read,
    module_sees,
    value_changes,
    version_changes,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import (
    immutable_changes,
    objects,
    same_objects,
    shown,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import (
    BAD_RECORD,
    STORAGE,
    Record,
    list_records,
    newest,
    read,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import (
    ChartSource,
    Helm,
    has_diff_plugin,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.values import refuse_unknown
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import held
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.wait import WORKLOADS_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import shell_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS

from .guards import (
    installed_version,
    refuse_downgrade,
    refuse_foreign,
    refuse_helm,
    version_of,
)
from .storage import PERMISSIONS, Place, Storage, compare_storage, resized_sets, smaller_claims
from .up_to_date import is_up_to_date
from .versions import history, versions

# What is said of one release.
RELEASE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "release_name": {"type": "str", "required": True},
    "namespace": CONNECTION_ARGUMENTS["namespace"],
    "chart_ref": {"type": "path", "required": True},
    "chart_repo_url": {"type": "str", "default": ""},
    "chart_version": {"type": "str", "default": ""},
    "values": {"type": "dict", "default": {}, "no_log": True},
    "user_values": {"type": "dict", "default": {}, "no_log": True},
    "user_values_name": {"type": "str", "default": "values"},
    "open_values": {"type": "list", "elements": "str", "default": []},
    "workloads": {"type": "list", "elements": "dict", "options": WORKLOADS_ARGUMENTS["workloads"]["options"]},
    "objects": {"type": "list", "elements": "dict", "no_log": True},
    "secrets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,
        "options": {
            "name": {"type": "str", "required": True},
            "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "values": {"type": "dict", "default": {}, "no_log": True},
            "option": {"type": "str", "default": ""},
        },
    },
    "fresh_values": {"type": "dict", "default": {}},
    "size_option": {"type": "str", "default": ""},
    "take_ownership": {"type": "bool", "default": False},
    "render": {"type": "bool", "default": False},
    "find_immutable": {"type": "bool", "default": False},
    "binary_path": {"type": "path", "default": ""},
    "kubernetes_core": {"type": "str", "default": ""},
    "roll_back": {"type": "bool", "default": False},
    "revision": {"type": "int", "default": 0},
    "forward_only": {
        "type": "dict",
        "options": {
            "part": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
        },
    },
    "preflight": {"type": "dict"},
    **{name: CONNECTION_ARGUMENTS[name] for name in ("kubeconfig", "context", "request_timeout")},
}
UNREADABLE = "the release record cannot be read, so Helm itself compares"
DRIFT = "helm-diff looks for drift in the cluster"
NO_VERSION = "the chart version is not given as one exact version, so the repository decides"


@dataclass
class Findings:
    """Why something has to be done, by who would notice it."""

    action: str = "none"
    # kubernetes.core.helm notices these itself.
    seen: list[str] = field(default_factory=list)
    # It does not notice these, but something has to be done.
    not_detected: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    # Nobody knows until Helm has looked.
    open: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        return [*self.seen, *self.not_detected, *self.files, *self.open]

    @property
    def certain(self) -> bool:
        return bool(self.seen or self.not_detected or self.files)


def compare(record: Record | None, values: Mapping[str, Any], source: ChartSource, chart: Chart | None) -> Findings:
    """The record against what is wanted. ``chart`` is known when it is local or was downloaded."""
    if record is None:
        return Findings("install", seen=["there is no such release"])
    if record.status in ("uninstalled", "uninstalling"):
        return Findings("install", seen=[f"the release is {record.status}"])
    if record.status.startswith("pending-"):
        return Findings("recover", seen=[f"the last revision is {record.status}: an operation runs or was interrupted"])
    changes = value_changes(record, values)
    found = Findings(seen=changes) if module_sees(record, values) else Findings(not_detected=changes)
    if record.status != "deployed":
        words = "failed" if record.status == "failed" else f"is {record.status}"
        found.not_detected.append(f"the last revision {words}")
    if chart is None:
        _compare_version(record, source, found)
    else:
        found.seen += version_changes(record, chart.name, chart.version) + app_version_changes(record, chart)
        found.files += file_changes(record, chart)
    found.action = "upgrade" if found.reasons else "none"
    return found


def _compare_version(record: Record, source: ChartSource, found: Findings) -> None:
    name, _colon, tag = source.ref.rstrip("/").rsplit("/", 1)[-1].partition("@")[0].partition(":")
    version = source.version or tag
    archive = name.endswith((".tgz", ".tar.gz"))
    found.seen += version_changes(record, "" if archive else name, version if is_exact(version) else "")
    if not is_exact(version):
        found.open.append(NO_VERSION)


def applied_by_the_server(record: Record | None, helm: tuple[int, ...]) -> bool:
    """Whether the API server applies this release, to which a field that others have changed is a conflict.

    Helm 4 lets it do so for a new release, and stays with what an earlier revision was applied by.
    """
    if helm < (4,):
        return False
    if record is None or record.status in ("uninstalled", "uninstalling"):
        return True
    return record.content.get("apply_method") == "ssa"


class Planner:
    """One run: reads what is needed, and no more."""

    def __init__(self, params: Mapping[str, Any], api: KubeApi, helm: Helm) -> None:
        self._params = params
        self._helm = helm
        self._api = api
        self._name = params["release_name"]
        self._namespace = params["namespace"]
        self._values = held(params["values"] or {})
        self._source = _source(params)
        self._chart: Chart | None = None
        self._cleanup = ExitStack()
        self._records: list[dict[str, Any]] = []

    def plan(self) -> dict[str, Any]:
        with self._cleanup:
            if is_local(self._source.ref):
                self._source = ChartSource(self._source.ref)  # Helm looks at nothing else then
                self._chart = load_chart(self._source.ref)
            record, readable = self._record()
            self._refuse_downgrade(record)
            result = self._with_fresh_values(record, readable)
            if result["action"] != "none" and self._params["preflight"] is not None:
                helm = self._refuse_tools()
                result["force_conflicts"] = readable and applied_by_the_server(record, helm)
            if record and (result["action"] == "recover" or self._params["roll_back"]):
                result |= self._back_to(self._target(record))
            result["changed"] = bool(self._params["render"] and result["changed"])
            # The way back leads elsewhere, however well the release has what the settings say.
            stays = result["action"] == "none" and not self._params["roll_back"]
            result["up_to_date"] = stays and is_up_to_date(self._params, self._api)
            return result | self._versions(record, result["action"])

    def _versions(self, record: Record | None, action: str) -> dict[str, Any]:
        """What is installed. Of a release that stays as it is, its objects are not read."""
        if record is None:
            return {"installed": {}, "history": []}
        changes, image = action != "none", (self._params["forward_only"] or {}).get("image", "")
        return {
            "installed": versions(record.metadata, objects(record.manifests) if changes else ()),
            "history": history(self._records, image) if changes and image else [],
        }

    def _with_fresh_values(self, record: Record | None, readable: bool) -> dict[str, Any]:
        """Values that are new in each run stay those of the release as long as they alone would change it."""
        fresh = self._params["fresh_values"]
        if not fresh:
            return self._planned(record, readable)
        given = self._values
        for values in (_kept(record, fresh), fresh):
            if values:
                self._values = held({**given, **values})
                result = {**self._planned(record, readable), "fresh_values": values}
                if not result["changed"]:
                    break
        return result

    def _planned(self, record: Record | None, readable: bool) -> dict[str, Any]:
        found = self._compare(record) if readable else Findings("upgrade", open=[UNREADABLE])
        if found.certain or found.open == [UNREADABLE]:
            self._refuse_unknown()
        result = self._result(record, found)
        if readable and self._has_to_render(found):
            result |= self._rendered(record, found)
        return result

    def _record(self) -> tuple[Record | None, bool]:
        """The newest record, and whether it can be known."""
        resource = STORAGE.get(os.environ.get("HELM_DRIVER", ""))
        if resource is None:
            return None, False
        try:
            self._records = list_records(self._api, self._namespace, self._name, resource)
            return newest(self._records), True
        except TracingError as error:
            if error.kind == BAD_RECORD:
                see = shell_of(self._params).helm(f"history {self._name}", self._namespace)
                raise TracingError(error.kind, error.message, f"See what Helm makes of it with: {see}") from error
            if error.kind != "forbidden":
                raise
            return None, False

    def _refuse_tools(self) -> tuple[int, ...]:
        """What applies the release is at hand: sooner than the first object is made. Returns the version of Helm."""
        helm = version_of(self._helm.version())
        refuse_helm(helm, self._params["kubernetes_core"] or "")
        if not self._params["roll_back"]:
            self._download()
            if self._params["take_ownership"]:
                refuse_foreign(self._api, objects(self._render()), self._name, self._namespace)
        return helm

    def _refuse_downgrade(self, record: Record | None) -> None:
        wanted = self._params["forward_only"]
        if wanted is None or record is None or record.status in ("uninstalled", "uninstalling"):
            return
        part, image = wanted["part"], wanted["image"]
        how, then = "This change", wanted["version"]
        if self._params["roll_back"]:
            number = self._target(record)
            target = read(self._records, number)
            how, then = f"Revision {number}", installed_version(target, image) if target else ""
        refuse_downgrade(installed_version(record, image), then, part, how)

    def _target(self, record: Record) -> int:
        """The revision that is gone back to."""
        return (self._params["roll_back"] and self._params["revision"]) or record.previous_revision

    def _back_to(self, number: int) -> dict[str, Any]:
        """What Helm can't change back by itself, and what nobody can."""
        target = read(self._records, number)
        wanted = objects(target.manifests) if target else []
        found: dict[str, Any] = {"stateful_sets": understood(lambda: resized_sets(self._api, self._namespace, wanted))}
        if self._params["roll_back"]:
            place = Place(self._namespace, "", shell_of(self._params), number)
            found["storage_problems"] = understood(lambda: smaller_claims(self._api, place, wanted))
        return found

    def _storage(self, record: Record | None, old: list[Any], new: list[Any]) -> Storage:
        """What becomes of the volumes. A roll-back asks for those of its revision."""
        if record is None or self._params["roll_back"]:
            return Storage()
        place = Place(self._namespace, self._params["size_option"], shell_of(self._params))
        return understood(lambda: compare_storage(self._api, place, old, new))

    def _compare(self, record: Record | None) -> Findings:
        found = compare(record, self._values, self._source, self._chart)
        if self._params["render"] and NO_VERSION in found.open:
            found = compare(record, self._values, self._source, self._download())
        return self._look_for_drift(found)

    def _look_for_drift(self, found: Findings) -> Findings:
        if found.action == "none" and has_diff_plugin(os.environ, str(Path.home())):
            found.action = "upgrade"
            found.open.append(DRIFT)
        return found

    def _has_to_render(self, found: Findings) -> bool:
        upgrade = self._params["find_immutable"] and found.action == "upgrade"
        return self._params["render"] or upgrade or self._only_files(found)

    def _only_files(self, found: Findings) -> bool:
        return bool(found.files) and not (found.seen or found.not_detected or found.open)

    def _download(self) -> Chart:
        """The chart as Helm would take it: fetched once for all that needs it."""
        if self._chart is None:
            folder = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="helm_release_plan."))
            asked, self._source = self._source, ChartSource(self._helm.pull(self._source, folder))
            chart = load_chart(self._source.ref)
            self._chart = Chart(str(asked), chart.files, chart.bundled)
        return self._chart

    def _refuse_unknown(self) -> None:
        user = self._params["user_values"]
        if user:
            name, opened = self._params["user_values_name"], self._params["open_values"] or []
            refuse_unknown(user, self._download(), self._values, opened, name)

    def _result(self, record: Record | None, found: Findings) -> dict[str, Any]:
        return {
            "changed": found.certain or found.open == [UNREADABLE],
            "action": found.action,
            "reasons": found.reasons,
            "files_changed": self._only_files(found),
            "not_detected_by_helm": self._needs_helm_itself(record, found),
            "immutable": [],
            "stateful_sets": [],
            "storage_problems": [],
            "revision": record.revision if record else 0,
            "status": record.status if record else "",
            "previous_revision": record.previous_revision if record else 0,
            "description": record.description if record else "",
            "planned": {},
            "force_conflicts": False,
        }

    def _needs_helm_itself(self, record: Record | None, found: Findings) -> bool:
        if not (module_can_read(self._values) and module_can_read(record.config if record else {})):
            return True
        return bool(found.files or found.not_detected) and not (found.seen or found.open)

    def _rendered(self, record: Record | None, found: Findings) -> dict[str, Any]:
        """What rendering changes about the result."""
        if found.action in ("none", "recover") or not found.certain:
            return {}
        fresh = found.action == "install"
        old = objects(record.manifests if record and not fresh else [])
        # Fetched before it is rendered where it is read later as well: it comes once.
        chart = self._download() if self._chart or self._params["preflight"] is not None else None
        new = objects(self._render())
        if self._only_files(found) and same_objects(old, new):
            return self._result(record, self._look_for_drift(Findings()))
        # What a failed revision has applied nobody knows: its record holds what was wanted, and Kubernetes decides.
        immutable = immutable_changes(old, new) if record and record.status == "deployed" else []
        fixed = [f"{path} cannot be changed in place: Kubernetes will refuse the upgrade" for path in immutable]
        storage = Storage() if fresh else self._storage(record, old, new)
        return {
            "immutable": immutable,
            "stateful_sets": [] if immutable else storage.stateful_sets,
            "storage_problems": storage.problems,
            "reasons": [*found.reasons, *fixed, *storage.changes],
            "planned": versions(chart.metadata, new) if chart else {},
            **self._diff(record, old, new),
        }

    def _diff(self, record: Record | None, old: list[Any], new: list[Any]) -> dict[str, Any]:
        if not self._params["render"]:
            return {}
        before, after = shown(old, new)
        title = f"release {self._namespace}/{self._name}"
        now = f"{title}, revision {record.revision}" if record and old else f"{title}, not installed"
        return {"diff": {"before": before, "after": after, "before_header": now, "after_header": f"{title}, planned"}}

    def _render(self) -> list[str]:
        role, named, _more = self._params["user_values_name"].partition("_values")
        adopt = f"{role}_adopt: true" if named else "take_ownership: true"
        owner = self._params["take_ownership"]
        return self._helm.render(self._name, self._source, self._values, owner, adopt)


def _source(params: Mapping[str, Any]) -> ChartSource:
    return ChartSource(params["chart_ref"], params["chart_repo_url"] or "", params["chart_version"] or "")


def _kept(record: Record | None, fresh: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these names that the release has; none unless it has all of them."""
    config = record.config if record else {}
    return {name: config[name] for name in fresh} if fresh.keys() <= config.keys() else {}


def check_options(params: Mapping[str, Any]) -> None:
    """What can be refused before the cluster is asked."""
    more_than_zero(params["request_timeout"], "request_timeout")
    kubernetes_name(params["namespace"], "namespace")
    if len(kubernetes_name(params["release_name"], "release_name")) > 53:
        raise invalid("release_name is too long for Helm.", "Use 53 characters at most.")
    if not params["chart_ref"]:
        raise invalid("chart_ref is empty.", "Name a chart, or the path of one.")
    _source(params)


def plan_release(params: Mapping[str, Any], run: Run, api: KubeApi, cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of one release in the ``cluster`` that ``api`` leads to; ``TracingError`` when there can be none."""
    helm = Helm(run, params["binary_path"] or "", cluster["kubeconfig"], cluster["context"], params["namespace"])
    result = {**Planner(params, api, helm).plan(), "connection": cluster}
    if result["action"] == "none":
        return result
    more = PERMISSIONS if result["stateful_sets"] else ()
    return {**result, "cluster": _look(params, more, first=result["action"] == "install")}


def _look(params: Mapping[str, Any], more: Sequence[Mapping[str, Any]], first: bool) -> dict[str, Any]:
    """The preflight that goes with a plan to do something."""
    if params["preflight"] is None:
        return {}
    # An unchanged release needs none of it, and to load it would take longer than to find that out.
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.preflight import (
        checked,
        preflight,
        refuse,
    )

    given = {name: params[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")}
    kinds = {"new_workloads": [one["kind"] for one in params["workloads"] or []]} if first else {}
    permissions = {"permissions": [*(params["preflight"].get("permissions") or []), *more]} if more else {}
    seen = preflight(checked({**params["preflight"], **given, **kinds, **permissions}))
    refuse(seen)
    return seen
