"""Writes the Ansible inventory that points the collection at the test cluster."""

from __future__ import annotations

import json
import os
from pathlib import Path

from testbed import existing, mode, paths, tools
from testbed.errors import UsageError
from testbed.pins import Pins
from testbed.programs import cached_path, is_cached

# The role, the program whose version is its image's tag, and what the tag is prefixed with.
ROLES = (("tempo", ""), ("prometheus", "v"), ("grafana", ""), ("alloy", "v"), ("tempo_vulture", ""))

Value = str


def charts_folder() -> Path:
    """Where the charts lie: the folder named by CHARTS_DIR, else the stand-ins kept here."""
    override = os.environ.get("CHARTS_DIR")
    if override and not Path(override).is_dir():
        raise UsageError(f"CHARTS_DIR={override} is no folder; set it to one with the charts in it, or leave it unset")
    return Path(override).resolve() if override else paths.ROOT / "testbed" / "charts"


def variables(
    pins: Pins, *, source: bool, charts: Path, helm: Path, there: existing.Existing | None = None
) -> dict[str, Value]:
    """The host variables, for the test bed's own cluster or for one that is there."""
    values = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        **(there.variables() if there else {"k8s_tracing_kubeconfig": str(paths.KUBECONFIG)}),
        "k8s_tracing_helm_binary": str(helm),
        # By default the generator goes on until it is removed: load in a test bed must end by itself.
        "k6_trace_generator_duration": "10m",
    }
    if is_cached(pins.pin("alloy")):
        values["alloy_binary"] = str(cached_path(pins.pin("alloy")))
    if source:
        for role, prefix in ROLES:
            name = role.replace("_", "-")
            values[f"{role}_chart_ref"] = str(charts / name)
            values[f"{role}_chart_repo_url"] = ""
            values[f"{role}_chart_version"] = ""
            values[f"{role}_image_tag"] = prefix + pins.pin(name).version
        values["k6_trace_generator_engine"] = "otlp-http"
        values["k6_trace_generator_image_tag"] = pins.pin("k6").version
    return values


def render(values: dict[str, Value]) -> str:
    """The inventory as YAML; a JSON string is a YAML string, so nothing can be misread."""
    lines = ["# Written by `python3 -m testbed inventory`; changes are lost.", "all:", "  hosts:", "    localhost:"]
    lines += [f"      {name}: {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def write(pins: Pins) -> Path:
    """Write the inventory for the mode of the last `up`, or for the cluster of the last `use`."""
    there = existing.recorded()
    source = os.environ.get("TESTBED") == mode.SOURCE if there else mode.recorded() != mode.PULL
    helm = tools.locate("helm", pins, source=source)
    text = render(variables(pins, source=source, charts=charts_folder(), helm=helm, there=there))
    paths.write_atomically(paths.INVENTORY, text)
    return paths.INVENTORY
