"""Where the platform chooses the users of pods: what docs/security.md says to set leaves no id in any pod."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import Rendered, render_hosts
from test_generator_chart import RUN_ID

pytestmark = pytest.mark.case("D5")
ROLES = ["prometheus", "tempo", "alloy", "grafana", "k6_trace_generator", "tempo_vulture"]
OWN = {
    "k6_trace_generator_chart_ref": "chart",
    "k6_trace_generator_chart_version": "own",
    "_k6_trace_generator_current_run_id": RUN_ID,
}
IDS = {"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"}


@pytest.fixture(scope="module")
def settings(root: Path) -> dict[str, Any]:
    page = (root / "docs" / "security.md").read_text(encoding="utf-8")
    section = page.split("### OpenShift: user ids", 1)[1]
    found: dict[str, Any] = yaml.safe_load(re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1])  # type: ignore[index]
    return found


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rendered]:
    return render_hosts(
        root, {role: (role, {f"{role}_namespace": "tracing", **OWN}) for role in ROLES}, tmp_path_factory.mktemp("ids")
    )


def merged(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def ids_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        # To the API server null is the same as nothing.
        yield from (key for key, value in node.items() if key in IDS and value is not None)
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from ids_in(part)


@pytest.mark.parametrize("role", ROLES)
def test_no_pod_asks_for_an_id(root: Path, settings: dict[str, Any], rendered: dict[str, Rendered], role: str) -> None:
    own = root / "roles" / role / "files" / "chart"
    chart = own if own.is_dir() else root / "testbed" / "charts" / role.replace("_", "-")
    command = [required("helm"), "template", role.replace("_", "-"), str(chart), "--values", "-"]
    values = merged(rendered[role].values, settings[f"{role}_values"])
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    made = [item["spec"]["template"]["spec"] for item in objects if "template" in (item.get("spec") or {})]
    assert made
    assert list(ids_in(made)) == []
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in made)
