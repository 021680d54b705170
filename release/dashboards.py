"""The dashboards as files that any Grafana imports, examples/dashboards: `make dashboards`.

Made of the descriptions in roles/grafana/files/dashboards. The role gives Grafana data sources of known uids; in these
files they are inputs, for which Grafana asks when somebody imports them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "roles" / "grafana" / "files" / "dashboards"
FOLDER = ROOT / "examples" / "dashboards"
RUNBOOKS = "https://github.com/tracelab/k8s_tracing/blob/main/docs/runbooks"
NAMES = {"prometheus": "Prometheus", "tempo": "Tempo"}


def text(source: Path) -> str:
    """The file of one description."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboards import build

    board = portable(build(yaml.safe_load(source.read_text(encoding="utf-8")), RUNBOOKS))
    return json.dumps(board, indent=1, ensure_ascii=False) + "\n"


def portable(board: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard whose data sources are chosen when it is imported."""
    made = _with_inputs(board)
    used = [kind for kind in NAMES if f'"{_input(kind)}"' in json.dumps(made)]
    inputs = [
        {
            "name": f"DS_{kind.upper()}",
            "label": NAMES[kind],
            "type": "datasource",
            "pluginId": kind,
            "pluginName": NAMES[kind],
        }
        for kind in used
    ]
    grafana = {"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.0.0"}
    sources = [{"type": "datasource", "id": kind, "name": NAMES[kind], "version": "1.0.0"} for kind in used]
    return {"__inputs": inputs, "__requires": [grafana, *sources], "id": None, **made}


def _input(kind: str) -> str:
    return f"${{DS_{kind.upper()}}}"


def _with_inputs(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_inputs(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if set(node) == {"type", "uid"} and node["type"] in NAMES:
        return {"type": node["type"], "uid": _input(node["type"])}
    return {key: _with_inputs(value) for key, value in node.items()}


def main() -> None:
    _AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for source in sorted(SOURCES.glob("*.yml")):
        (FOLDER / f"{source.stem}.json").write_text(text(source), encoding="utf-8")


if __name__ == "__main__":
    main()
