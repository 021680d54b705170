# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running Tempo must be with the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]


def problems(
    *,
    status: Settings,
    own_values: bool,
    image_tag: str,
    major: int,
    app_major: str,
    storage_backend: str,
    multitenancy: bool,
    retention: str,
    compaction: str,
    profile: str,
) -> list[str]:
    """``status`` is that of tempo_status_info. With values of a user's own the version alone is looked at: they may say
    something else on purpose. ``compaction`` is the section whose retention counts."""
    found = list(_version(status, image_tag, major, app_major))
    if own_values:
        return found
    config = status.get("config") or {}
    if status.get("multitenancy") not in (None, multitenancy):
        found.append(
            f"Tempo runs with multitenancy {'off' if multitenancy else 'on'}, contrary to tempo_multitenancy_enabled: "
            "apply the release again."
        )
    if not config:
        return found
    found += [*_backend(config, storage_backend), *_retention(config, retention, compaction)]
    if app_major == "3" and profile == "low_latency":
        found += _cut_off(config)
    return found


def _version(status: Settings, image_tag: str, major: int, app_major: str) -> Iterator[str]:
    if status.get("major") is not None and str(status["major"]) != app_major:
        yield (
            f"Tempo {status.get('version')} runs, but tempo_image_tag {image_tag} (tempo_major {major}) says "
            f"{app_major}: correct the one that is wrong."
        )


def _backend(config: Settings, wanted: str) -> Iterator[str]:
    backend = ((config.get("storage") or {}).get("trace") or {}).get("backend", "")
    if backend != wanted:
        yield (
            f"Tempo keeps its blocks in '{backend}' instead of '{wanted}' (tempo_storage_backend): "
            "apply the release again."
        )


def _retention(config: Settings, wanted: str, compaction: str) -> Iterator[str]:
    """Whole hours can be compared as text: Tempo shows 48h as 48h0m0s."""
    found = ((config.get(compaction) or {}).get("compaction") or {}).get("block_retention")
    if found and re.fullmatch(r"[0-9]+h", wanted) and found != f"{wanted}0m0s":
        yield (
            f"Tempo keeps blocks for {found} instead of {wanted} (tempo_retention): the chart does not pass it on; "
            "use the chart version that this role pins."
        )


def _cut_off(config: Settings) -> Iterator[str]:
    found = (config.get("query_frontend") or {}).get("query_end_cutoff", "0s")
    if found != "0s":
        yield (
            f"Tempo hides the last {found} from search, though tempo_profile is low_latency: the chart does not pass "
            "query_end_cutoff on; use the chart version that this role pins."
        )
