# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one process of Tempo to components on the same object store: where that stands, the steps, and what is refused.

Both run side by side until what the process has stored is found through the components, so they are two releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.stack_state import WORKLOADS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import go_seconds

from .app_versions import parse
from .block_formats import bridge, unreadable
from .change import Change, Versions, at
from .refusals import problems as upgrade_problems
from .refusals import retention, written
from .steps import changes, title

Item = Mapping[str, Any]
# What a release of components surely has, and one process has not.
_COMPONENT = "distributor"
_BEGINS = ("tempo", "install")
_NEW_RETENTION = "backendScheduler.config.provider.compaction.compaction.block_retention"
# Where each backend keeps the blocks, as chart and running Tempo both name it.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "s3": ("endpoint", "bucket", "prefix"),
    "gcs": ("bucket_name", "prefix"),
    "azure": ("storage_account_name", "container_name", "prefix"),
}


def state(
    objects: Iterable[Item], process: str, components: str, namespace: str, mode: str
) -> dict[str, bool | list[str]]:
    """Whether all is done already, and why nothing can begin. ``process`` and ``components`` are the two releases."""
    found = _releases(objects, namespace)
    done = mode == "distributed" and found.get(components) == "components" and process not in found
    done = done or (mode == "distributed" and process == components and found.get(process) == "components")
    refused = [] if done else list(_unfit(found, process, components, namespace, mode))
    return {"done": done, "problems": refused[:1]}


def _releases(objects: Iterable[Item], namespace: str) -> dict[str, str]:
    """The releases of Tempo in the namespace, each with what it is."""
    found: dict[str, str] = {}
    for one in objects:
        metadata = one.get("metadata") or {}
        labels = metadata.get("labels") or {}
        release = str(labels.get("app.kubernetes.io/instance", ""))
        if one.get("kind") not in WORKLOADS or metadata.get("namespace") != namespace or not release:
            continue
        if labels.get("app.kubernetes.io/name") == "tempo":
            kind = "components" if metadata.get("name") == f"{release}-{_COMPONENT}" else "process"
            found[release] = "components" if "components" in (kind, found.get(release)) else kind
    return found


def _unfit(found: Mapping[str, str], process: str, components: str, namespace: str, mode: str) -> Iterator[str]:
    if mode != "distributed" and "components" in (found.get(process), found.get(components)):
        there = components if found.get(components) == "components" else process
        yield (
            f"tempo_mode is {mode}, and release {there} in namespace {namespace} runs Tempo in components: there is no "
            "way back by this playbook. One process reads no Kafka, so that spans which are in no block yet would be "
            "lost. docs/production.md says how to go back by hand, and when that can't work."
        )
    if mode != "distributed":
        yield (
            f"tempo_mode is {mode}: the settings say what is to come, so set it to distributed, with the object store "
            "of now and a tempo_kafka_address."
        )
    if process not in found:
        yield (
            f"No Tempo here: release {process} in namespace {namespace} has no workload. Set "
            "k8s_tracing_scale_out_from to the release of the one process, and k8s_tracing_namespace and "
            "k8s_tracing_kube_context to where it runs. To install, run site.yml."
        )
    if found.get(process) == "components":
        yield (
            f"Release {process} in namespace {namespace} runs Tempo in components already: set "
            "k8s_tracing_scale_out_from to the release of the one process."
        )
    if process == components:
        yield (
            f"tempo_release_name is {components}, as is the release of the one process. Both have to run side by side "
            "for a while, and Helm has one chart for a release: give the components a name of their own, such as "
            f"{components}-distributed, and leave k8s_tracing_scale_out_from at {process}."
        )


def scale_out(
    process: str, parts: Sequence[Item], plans: Mapping[str, Item], options: Mapping[str, Item], tempo: Item, now: float
) -> dict[str, list[Any]]:
    """``tempo`` is what the one process says of itself; ``parts``, ``plans`` and ``options`` are those of an upgrade,
    with the components as the part tempo."""
    found = [_from_process(one, tempo) for one in changes(parts, plans, options, tempo)]
    changing = [one for one in found if one.action != "none"]
    namespace = next((one.namespace for one in found if one.part == "tempo"), "")
    number = len(changing) + 1
    last = f"{number}. tempo: what release {process} has stored is found through the components, and it is removed"
    return {
        "steps": [{"part": one.part, "text": _text(one)} for one in changing],
        "lines": [*_lines(changing), f"{last}; its volume claim stays"],
        "problems": [
            *(text for one in found if one.part == "tempo" for text in _refused(one, process)),
            # An upgrade has nothing that would be installed; here it is the components.
            *(text for one in changing if (one.part, one.action) != _BEGINS for text in upgrade_problems(one, now)),
            *_still_named(options, process, namespace),
        ],
    }


def _from_process(one: Change, tempo: Item) -> Change:
    """Tempo goes from the version of the process, whose image is not among those of the components."""
    if one.part != "tempo" or one.action != "install":
        return one
    return replace(one, old=Versions(app=str(tempo.get("version") or "")))


def _lines(changing: Iterable[Change]) -> Iterator[str]:
    for number, one in enumerate(changing, 1):
        yield f"{number}. {_text(one)}"
        yield from (f"   {reason}" for reason in one.reasons if one.action != "install")


def _text(one: Change) -> str:
    if one.action != "install":
        return title(one)
    chart = f"chart {one.new.chart} {one.new.chart_version}"
    return f"{one.part}: {one.new.app or '(unknown)'} is installed as release {one.release}, {chart}"


def _refused(new: Change, process: str) -> Iterator[str]:
    """What the process has that the components could not go on with."""
    tempo = new.running
    config = tempo.get("config") or {}
    version, wanted = str(tempo.get("version") or ""), new.new.app
    if not parse(version) or not config:
        why = tempo.get("ready_reason") or tempo.get("msg") or "it tells neither its version nor its configuration"
        yield (
            f"Tempo of release {process} does not say what it is and where its blocks are ({why}): bring it to answer, "
            "since what is not read here can't be proven later."
        )
        return
    if parse(version) < (3,):
        yield (
            f"Release {process} runs Tempo {version}, and components take Tempo 3: go to Tempo 3 in one process first, "
            "by the playbook upgrade with tempo_mode monolithic, which refuses what Tempo 3 does not read."
        )
    elif parse(wanted) < parse(version):
        yield f"Release {process} runs Tempo {version}, and tempo_image_tag is {wanted}, an older one: take {version}."
    yield from _blocks(new, version, wanted)
    yield from _place(new, config, process)
    yield from _tenancy(new, config)
    yield from _kept(new)


def _blocks(new: Change, version: str, wanted: str) -> Iterator[str]:
    before = replace(new, old=replace(new.old, app=version))
    for name in unreadable({written(before)} - {""}, wanted):
        way = bridge([name], version, wanted)
        fix = f"set block.version to {way.writes} first" if way else "leave block.version out first"
        yield (
            f"Tempo {version} writes blocks in {name}, which Tempo {wanted} does not read: {fix}, by the playbook "
            "site, and wait for as long as tempo_retention."
        )


def _place(new: Change, config: Item, process: str) -> Iterator[str]:
    there = at(config, "storage.trace", {})
    backend, wanted = str(there.get("backend") or ""), str(new.value("storage.trace.backend", ""))
    if backend == "local":
        yield (
            f"Release {process} keeps its blocks on a volume of its own (tempo_storage_backend local), which no "
            "component reads and nothing here can copy. Give the process an object store first, by the playbook site, "
            "and wait for as long as tempo_retention. Or start anew: remove it by the playbook uninstall, and install "
            "the components by site."
        )
        return
    if backend != wanted:
        yield f"Release {process} keeps its blocks in {backend}, and tempo_storage_backend is {wanted}: take {backend}."
        return
    components = new.value("storage.trace", {})
    for key in _PLACES.get(backend, ()):
        old, wish = (str(at(tree, f"{backend}.{key}", "")).strip("/") for tree in (there, components))
        if old != wish:
            yield (
                f"Release {process} keeps its blocks at {key} '{old}', and tempo_storage_{backend}.{key} is '{wish}', "
                f"where they would not be found: set it to '{old}'."
            )


def _tenancy(new: Change, config: Item) -> Iterator[str]:
    before, after = bool(config.get("multitenancy_enabled")), bool(new.value("multitenancyEnabled", False))
    if before != after:
        yield (
            f"Multitenancy is {'on' if before else 'off'} in what runs, and tempo_multitenancy_enabled is "
            f"{str(after).lower()}: what is stored belongs to other tenants then. Set it to {str(before).lower()}."
        )


def _kept(new: Change) -> Iterator[str]:
    """A shorter time would delete at once what is to be found again."""
    before, after = retention(new), go_seconds(str(new.value(_NEW_RETENTION, "")))
    if after and after < before:
        yield (
            f"Blocks are kept for {before / 3600:g} hours, and with these settings for {after / 3600:g}: older ones "
            "would be deleted at once. Leave tempo_retention as it is, and shorten it later by the playbook site."
        )


def _still_named(options: Mapping[str, Item], process: str, namespace: str) -> Iterator[str]:
    """Settings that lead to the Service of the process by name: it goes."""
    for one in options.values():
        for service in (one.get("preflight") or {}).get("services") or []:
            if (service.get("name"), service.get("namespace")) == (process, namespace):
                yield (
                    f"{service['option']} leads to {service['address']}, which goes with release {process}: leave it "
                    "out, so that it follows Tempo, or name the Service of the components."
                )
