# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What upstream can't do, or this playbook can't prove, although Helm would begin with it: each by name, with the fix.

Tempo 3 back to 2 is refused by the plan itself, and settings that don't go together by the role tempo.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import go_seconds

from .app_versions import parse
from .block_formats import bridge, known, unreadable
from .change import Change, at

# Where the charts have it, and where Tempo shows it.
_BLOCK_VERSION = ("tempo.storage.trace.block.version", "storage.trace.block.version")
_RETENTION = (
    "backend_worker.compaction.block_retention",
    "backend_scheduler.provider.compaction.compaction.block_retention",
    "compactor.compaction.block_retention",
)
# Tempo's own default, two weeks.
_KEPT_SECONDS = 336 * 3600.0


def problems(change: Change, now: float) -> list[str]:
    """A sentence for each refusal of one step."""
    return [text for refuse in REFUSALS.values() for text in refuse(change, now)]


def _pending(change: Change, _now: float) -> Iterator[str]:
    if change.action == "recover":
        yield (
            f"The last revision of {change.title} is {change.status}: an operation runs, or one was interrupted. "
            "Let it end. If none runs, recover it by the playbook site with the settings of before, and upgrade then."
        )


def _no_record(change: Change, _now: float) -> Iterator[str]:
    if change.action == "install":
        yield (
            f"{change.part} runs in namespace {change.namespace}, and Helm has no record of {change.title}: "
            f"let the playbook site take it over with {change.part}_adopt: true, and upgrade then."
        )


def _another_chart(change: Change, _now: float) -> Iterator[str]:
    if change.new.chart and change.old.chart and change.new.chart != change.old.chart:
        grows = (change.old.chart, change.new.chart) == ("tempo", "tempo-distributed")
        way = (
            "go over to it by the playbook scale_out"
            if grows
            else "install it beside under another name and switch over"
        )
        yield (
            f"{change.title.capitalize()} is of chart {change.old.chart}, and the settings ask for "
            f"{change.new.chart}, which is another installation and no upgrade: leave {change.part}_mode and "
            f"{change.part}_chart_ref as they were, or {way}."
        )


def _distributed_in_place(change: Change, _now: float) -> Iterator[str]:
    if change.old.chart == change.new.chart == "tempo-distributed" and _crosses(change, (3, 0, 0)):
        yield (
            f"{change.title.capitalize()} runs Tempo {change.old.app} in components, whose ingesters hold traces that "
            f"Tempo {change.new.app} does not take over: install Tempo 3 beside it, under another tempo_release_name "
            "and on the same object store, switch over, and remove the old one when it is drained."
        )


def _unknown_version(change: Change, _now: float) -> Iterator[str]:
    if change.part == "tempo" and change.action == "upgrade" and known(change.old.app) is None:
        yield (
            f"It is not known which Tempo runs as {change.title}, by its image ('{change.old.app}') or by what it says "
            "itself, and so not what it has written: bring it to answer, or give it an image with a version."
        )


def _blocks(change: Change, _now: float) -> Iterator[str]:
    """What is written now, and would not be read."""
    for name in _lost(change, written(change)):
        yield (
            f"Tempo {change.old.app} writes blocks in {name}, which Tempo {change.new.app} does not read: "
            f"{_way(change, name)}"
        )


def _way(change: Change, name: str) -> str:
    way, here = bridge([name], change.old.app, change.new.app), known(change.old.app)
    wait = "wait for as long as tempo_retention, and go on then."
    if way is None and parse(change.new.app) < parse(change.old.app):
        return "stay with a version that reads it, or remove the release with its data first and install anew."
    if way is None:
        return f"go by one minor version of Tempo at a time, and at each {wait}"
    if way is here:
        return f"leave its block.version out, or set it to {way.writes}, by the playbook site, {wait}"
    return f"upgrade to {way.name} first, which writes {way.writes}, {wait}"


def _older_blocks(change: Change, now: float) -> Iterator[str]:
    """What earlier revisions have written, as long as it is kept."""
    last: dict[str, tuple[str, float]] = {}
    for one, after in zip(change.history, change.history[1:], strict=False):
        row, end = known(str(one["version"])), after["deployed"]
        # A time that its record does not say may be any.
        until = retention(change) + (now if end is None else end)
        if row and until > now:
            last[row.writes] = (f"Revision {one['revision']} of {change.title} ran Tempo {one['version']}", until)
    last.pop(written(change), None)
    for name in _lost(change, *last):
        yield (
            f"{last[name][0]}, which wrote blocks in {name}. Tempo {change.new.app} does not read them, and they are "
            f"kept until {_date(last[name][1])}: upgrade after that, or shorten tempo_retention first."
        )


def _unflushed(change: Change, _now: float) -> Iterator[str]:
    """Tempo 3 has live stores, which do not read the write-ahead log of an ingester."""
    flushes = at(change.running, "config.ingester.flush_all_on_shutdown")
    if (
        change.part == "tempo"
        and change.old.chart == change.new.chart == "tempo"
        and takes_over(change)
        and not flushes
    ):
        yield (
            f"Tempo {change.old.app} leaves what no block has yet in its write-ahead log when it stops "
            f"(ingester.flush_all_on_shutdown), and Tempo {change.new.app} does not read that log: run the playbook "
            f"site with tempo_image_tag {change.old.app} first, which switches it on."
        )


def takes_over(change: Change) -> bool:
    """Whether Tempo 3 goes on with what Tempo 2 has stored."""
    return change.part == "tempo" and _crosses(change, (3, 0, 0))


def _block_version(change: Change, _now: float) -> Iterator[str]:
    row, wanted = known(change.new.app), asked(change)
    if change.part == "tempo" and row and wanted and wanted not in row.reads:
        yield (
            f"tempo_values asks for blocks in {wanted}, which Tempo {change.new.app} does not write: "
            f"leave block.version out, so that it is {row.writes}."
        )


def _volatile(change: Change, _now: float) -> Iterator[str]:
    local = change.value("tempo.storage.trace.backend") == "local"
    if change.part == "tempo" and local and not change.value("persistence.enabled", False):
        yield (
            "tempo_persistence_enabled is false with tempo_storage_backend local, so that a restart loses all traces, "
            "and none can be found again: apply the new version by the playbook site, which proves less."
        )


def _prometheus_back(change: Change, _now: float) -> Iterator[str]:
    old, new = parse(change.old.app), parse(change.new.app)
    if change.part == "prometheus" and old >= (3, 0, 0) and new and new < (2, 55, 0):
        yield (
            f"Prometheus {change.new.app} does not read what Prometheus {change.old.app} has written: "
            "take 2.55 or newer, or remove the release with its data first."
        )


def _grafana_back(change: Change, _now: float) -> Iterator[str]:
    old, new = parse(change.old.app), parse(change.new.app)
    if change.part == "grafana" and old and new and new[0] < old[0] and change.value("persistence.enabled", False):
        yield (
            f"Grafana {change.old.app} has migrated its database, which Grafana {change.new.app} does not know: "
            "restore its volume from a backup of before, or stay."
        )


Refusal = Callable[[Change, float], Iterator[str]]
REFUSALS: Mapping[str, Refusal] = {
    "pending": _pending,
    "no_record": _no_record,
    "another_chart": _another_chart,
    "distributed_in_place": _distributed_in_place,
    "unknown_version": _unknown_version,
    "blocks": _blocks,
    "older_blocks": _older_blocks,
    "unflushed": _unflushed,
    "block_version": _block_version,
    "volatile": _volatile,
    "prometheus_back": _prometheus_back,
    "grafana_back": _grafana_back,
}


def obstacles(change: Change, now: float) -> list[str]:
    """Why a step can't be taken back once it was done."""
    back = replace(change, old=change.new, new=change.old)
    return [*_tempo_back(back), *_prometheus_back(back, now), *_grafana_back(back, now)]


def _tempo_back(back: Change) -> Iterator[str]:
    old, new = known(back.old.app), known(back.new.app)
    if back.part != "tempo" or old is None or new is None:
        return
    wrote = asked(back) or old.writes
    if new.since[0] < old.since[0]:
        yield f"Tempo {new.since[0]} does not read what Tempo {old.since[0]} has written."
    elif wrote not in new.reads:
        yield f"Tempo {back.new.app} does not read blocks in {wrote}, which Tempo {back.old.app} writes."


def asked(change: Change) -> str:
    """The block format that the settings ask for; empty where they leave it to Tempo."""
    return str(next(filter(None, map(change.value, _BLOCK_VERSION)), ""))


def written(change: Change) -> str:
    """The format that the running Tempo writes: as it says itself, else its version's own. Empty when unknown."""
    row = known(change.old.app)
    return str(at(change.running, "config.storage.trace.block.version", "")) or (row.writes if row else "")


def retention(change: Change) -> float:
    """How long blocks are kept, by the running Tempo; else as long as Tempo keeps them by itself."""
    told = (at(change.running, f"config.{path}", "") for path in _RETENTION)
    return next(filter(None, map(go_seconds, map(str, told))), _KEPT_SECONDS)


def _lost(change: Change, *formats: str) -> list[str]:
    """Formats that Tempo reads before the step, and not after it."""
    if change.part != "tempo":
        return []
    before = unreadable(formats, change.old.app)
    return [name for name in unreadable(set(formats) - {""}, change.new.app) if name not in before]


def _crosses(change: Change, version: tuple[int, int, int]) -> bool:
    old, new = parse(change.old.app), parse(change.new.app)
    return bool(old and new) and old < version <= new


def _date(stamp: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(stamp))
