# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tempo says about itself, as a task result. Only that it is there at all is demanded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline

from .client import (
    TempoClient,
    short_body,
)

T = TypeVar("T")

STATUS_ARGUMENTS: dict[str, dict[str, Any]] = {"config": {"type": "bool", "default": True}}

# The tenant of all requests when Tempo is not multi-tenant.
SINGLE_TENANT = "single-tenant"
# Each of at most so many requests gets its full time.
REQUESTS = 6
_VERSION = re.compile(r"v?(\d+)\.")
_MULTITENANT = re.compile(r"^(?:multitenancy_enabled|auth_enabled):[ \t]*true[ \t]*$", re.MULTILINE)


def status(params: Mapping[str, Any], tempo: Transport, clock: Clock | None = None) -> dict[str, Any]:
    deadline = Deadline(REQUESTS * params["request_timeout"], clock or Clock())
    client = StatusClient(tempo, deadline, params["request_timeout"])
    return client.status(params["tenant"] or SINGLE_TENANT, with_config=params["config"])


class StatusClient(TempoClient):
    """Collects what can be read; ``notes`` holds what could not."""

    def __init__(self, transport: Transport, deadline: Deadline, request_timeout: float) -> None:
        super().__init__(transport, deadline, request_timeout)
        self._notes: list[str] = []

    def status(self, tenant: str, *, with_config: bool) -> dict[str, Any]:
        ready, reason = self._ready()
        version = self._noted("the version", self.version) or ""
        if ready is None and not version:
            raise self._not_tempo("it knows neither /ready nor /api/status/buildinfo")
        services = _services(self._noted("the services", lambda: self.text("/status/services")) or "")
        limits = self._noted("the limits", lambda: self.text("/status/runtime_config"))
        config = self._noted("the configuration", lambda: self.text("/status/config")) if with_config else None
        return {
            "version": version or None,
            "major": major(version),
            "ready": ready,
            "ready_reason": reason,
            "services": services,
            "services_running": all(item["state"] == "Running" for item in services) if services else None,
            "multitenancy": None if config is None else bool(_MULTITENANT.search(config)),
            "limits": effective_limits(_parsed(limits), tenant),
            "limits_text": limits,
            "config": _parsed(config),
            "config_text": config,
            "user_overrides": self._noted("overrides set by users", self._user_overrides),
            "notes": self._notes,
        }

    def _ready(self) -> tuple[bool | None, str]:
        response = self._get("/ready", accept=(404, 503))
        said = short_body(response)
        if response.status == 503:
            return False, said
        if response.status == 404:
            self._notes.append("/ready is not known here: a gateway may stand before Tempo.")
            return None, ""
        if not said.startswith("ready"):
            raise self._not_tempo(f"it answers /ready with {said[:60]!r}")
        return True, ""

    def _user_overrides(self) -> dict[str, Any] | None:
        """These are off by default, and then the path is not there."""
        response = self._get("/api/overrides", accept=(404,))
        return self._json(response) if response.status == 200 else None

    def _noted(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except TracingError as error:
            self._notes.append(f"Could not read {what}: {error.message}")
            return None


def major(version: str) -> int | None:
    found = _VERSION.match(version)
    return int(found[1]) if found else None


def _services(table: str) -> list[dict[str, str]]:
    lines = [line for line in table.splitlines() if line[:1] == line[-1:] == "|"]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return [
        {"name": row[0], "state": row[1], "failure": row[2]}
        for row in rows
        if len(row) == 3 and row[0] not in ("", "SERVICE NAME")
    ]


def _parsed(text: str | None) -> dict[str, Any] | None:
    """Nothing where it is not YAML, or where the library is missing on the target: texts are returned all the same."""
    try:
        parsed = parse_yaml(text or "")
    except (ImportError, ValueError):
        return None
    return parsed if isinstance(parsed, dict) else None


def effective_limits(config: Mapping[str, Any] | None, tenant: str) -> dict[str, Any] | None:
    """What holds for a tenant: an override replaces all defaults, and one for ``*`` holds for tenants without."""
    if config is None:
        return None
    overrides = config.get("overrides") or {}
    if isinstance(overrides, Mapping):
        for name in (tenant, "*"):
            if isinstance(overrides.get(name), Mapping):
                return dict(overrides[name])
    defaults = config.get("defaults")
    return dict(defaults) if isinstance(defaults, Mapping) else None
