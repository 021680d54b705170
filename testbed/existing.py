"""A cluster that is there, named by a context of the user's kubeconfig: it is used, and never made or deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed import paths
from testbed.errors import UsageError
from testbed.shell import attempt, failure

FILE = paths.STATE / "existing.json"
COPY = paths.STATE / "existing.kubeconfig"


@dataclass(frozen=True)
class Existing:
    """The context, and the kubeconfig that has it: one file, or several joined as in KUBECONFIG."""

    context: str
    kubeconfig: str

    def variables(self) -> dict[str, str]:
        """What leads playbooks to it. A copy holds this one context, which need not be named."""
        if self.kubeconfig == str(COPY):
            return {"k8s_tracing_kubeconfig": self.kubeconfig}
        return {"k8s_tracing_kubeconfig": self.kubeconfig, "k8s_tracing_kube_context": self.context}


def kubeconfig(environ: Mapping[str, str], home: Path) -> str:
    """Where kubectl would look."""
    return environ.get("KUBECONFIG") or str(home / ".kube" / "config")


def choose(asked: str, known: list[str], current: str, where: str) -> str:
    """The context that was asked for, else the current one."""
    if asked and asked not in known:
        raise UsageError(f"CONTEXT={asked} is not in {where}; its contexts are: {', '.join(known) or 'none'}")
    if not (asked or current):
        raise UsageError(f"{where} has no current context; name one of: {', '.join(known) or 'none'}")
    return asked or current


def find(asked: str) -> Existing:
    """The context in the user's own kubeconfig."""
    where = kubeconfig(os.environ, Path.home())
    known, current = contexts([_read(Path(part)) for part in where.split(os.pathsep) if part])
    return Existing(choose(asked, known, current, where), where)


def contexts(configs: list[dict[str, Any]]) -> tuple[list[str], str]:
    """The names of all contexts, and the current one: the first file that names one decides."""
    names = {str(context["name"]) for config in configs for context in config.get("contexts") or []}
    current = [str(config["current-context"]) for config in configs if config.get("current-context")]
    return sorted(names), current[0] if current else ""


def _read(path: Path) -> dict[str, Any]:
    # Only here: `down` runs without the environment of Python packages.
    import yaml

    # As kubectl does: of several files some may be missing.
    config = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(config, dict):
        raise UsageError(f"{path} is no kubeconfig; set KUBECONFIG to one")
    return config


def copied(there: Existing) -> Existing:
    """The same with a kubeconfig of this context alone: scenarios read it as a file, and name no context."""
    command = ["kubectl", "--context", there.context, "config", "view", "--minify", "--flatten", "--raw"]
    result = attempt(command, env={"KUBECONFIG": there.kubeconfig}, timeout=30)
    if result.code != 0:
        raise UsageError(failure(command, result))
    paths.write_atomically(COPY, result.out, 0o600)
    return Existing(there.context, str(COPY))


def recorded() -> Existing | None:
    """The one that the last `up` took, if it took one."""
    return Existing(**json.loads(FILE.read_text(encoding="utf-8"))) if FILE.is_file() else None


def record(there: Existing) -> None:
    """Remember it for playbooks and for `down`."""
    paths.write_atomically(FILE, json.dumps(asdict(there)) + "\n")


def forget() -> None:
    """Use it no more: what was written here goes, the cluster stays as it is."""
    FILE.unlink(missing_ok=True)
    COPY.unlink(missing_ok=True)
