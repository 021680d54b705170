# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has signed a chart: its archive against its provenance, and that against the keys of those who are trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import Chart, is_local, load_chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.compare import is_exact, plain_version
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource, Helm

from .signature import require_keyring

_SAID = re.compile(r"^(Signed by|Using Key With Fingerprint): *(.+)$", re.MULTILINE)


def provenance_of(archive: Path) -> Path:
    """Where Helm looks for it."""
    return archive.with_name(f"{archive.name}.prov")


@dataclass(frozen=True)
class Verifier:
    helm: Helm
    keyring: str
    source: ChartSource

    def signer(self, archive: Path) -> dict[str, Any]:
        """Of an archive that is what was asked for; ``TracingError`` for every other one."""
        said = dict(_SAID.findall(self.helm.verify(str(archive), self.keyring)))
        refuse_another(self.source, load_chart(str(archive)))
        return {"signed_by": said.get("Signed by", ""), "fingerprint": said.get("Using Key With Fingerprint", "")}


def verifier(options: Mapping[str, Any], source: ChartSource, helm: Helm) -> Verifier | None:
    """None where nobody asks for one."""
    if not options["verify"]:
        return None
    keyring = options["keyring"]
    if not keyring:
        raise invalid("verify is true, and keyring is empty.", "Name a file with the public keys of the publishers.")
    require_keyring(Path(keyring))
    if not source.repo_url and Path(source.ref).is_dir():
        raise invalid(f"{source.ref} is a folder, and a chart in a folder has no signature.", "Name a signed archive.")
    return Verifier(helm, keyring, source)


def refuse_another(source: ChartSource, chart: Chart) -> None:
    """A repository may hand out whatever its publisher has ever signed: an older version, or another chart."""
    if not source.repo_url and is_local(source.ref):
        return
    name = re.split(r"[:@]", source.ref.rstrip("/").rsplit("/", 1)[-1])[0]
    other_name = name != chart.name and not name.endswith(".tgz")
    other_version = is_exact(source.version) and plain_version(source.version) != plain_version(chart.version)
    if other_name or other_version:
        raise TracingError(
            "provenance_mismatch",
            f"Asked for chart {source}, the repository gave {chart.name} {chart.version}, signed by its publisher.",
            "Do not install it: an older version may be offered because of its known faults.",
        )
