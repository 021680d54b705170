"""Writes metric_names.yml: what the versions of Alloy and Tempo export that the roles pin and that the test bed runs.

`make metric-names` runs it. Alloy's names come from its Go module and from the documentation.md of the Collector's
modules that it is built of, Tempo's from a clone of its repository, since the module proxy does not have its releases:
TEMPO_SOURCE=/path/of/a/clone. Only names are written, no text of anybody's.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
FACTS = Path(__file__).with_name("metric_names.yml")
ALLOY = "github.com/grafana/alloy"
COLLECTOR = "go.opentelemetry.io/collector"
# What the pinned chart runs by itself, and many users have.
OLDER_ALLOY = ("1.18.1",)
PARTS = (
    "exporter/exporterhelper",
    "processor/batchprocessor",
    "processor/memorylimiterprocessor",
    "processor/processorhelper",
    "receiver/receiverhelper",
)
HEADING = re.compile(r"^### (otelcol_\w+)\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"Opts\{(.*?)\n\s*\}", re.DOTALL)
FIELD = re.compile(r'\b(Namespace|Subsystem|Name):\s*(?:"([^"]*)"|(\w+))')
CONSTANT = re.compile(r'\b(\w+)\s*=\s*"(\w+)"')
DESCRIBED = re.compile(r'NewDesc\(\s*"(\w+)"')


def module(path: str, version: str) -> Path:
    """The folder of a Go module, fetched by the Go client."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "go.mod").write_text("module facts\n")
        command = ["go", "mod", "download", "-json", f"{path}@{version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


def exported(text: str) -> set[str]:
    """Names of metrics that a file of Go makes with Prometheus' client."""
    constants = dict(CONSTANT.findall(text))
    found = set(DESCRIBED.findall(text))
    for body in OPTIONS.findall(text):
        given = {key: literal or constants.get(word, "") for key, literal, word in FIELD.findall(body)}
        if given.get("Name"):
            found.add("_".join(filter(None, (given.get(key) for key in ("Namespace", "Subsystem", "Name")))))
    return found


def documented(text: str) -> Iterator[str]:
    """As the Collector's exporter for Prometheus writes them: a sum that only grows has `_total`."""
    for name, body in HEADING.findall(text):
        grows = re.search(r"\|\s*Sum\s*\|[^|]*\|\s*true\s*\|", body) or re.search(r"Sum \|.*\| true", body)
        yield f"{name}_total" if grows and not name.endswith("_total") else name


def of_alloy(version: str) -> set[str]:
    folder = module(ALLOY, version)
    found = {name for name in of_files(folder.glob("internal/**/*.go")) if name.startswith("alloy_")}
    required = dict(re.findall(r"^\s*(\S+) (v\S+)", (folder / "go.mod").read_text(), re.MULTILINE))
    for part in PARTS:
        text = (module(f"{COLLECTOR}/{part}", required[f"{COLLECTOR}/{part}"]) / "documentation.md").read_text()
        found |= set(documented(text))
    return found


def of_files(files: Iterable[Path]) -> set[str]:
    return {name for file in files if not file.name.endswith("_test.go") for name in exported(file.read_text())}


def of_tempo(version: str, clone: Path) -> set[str]:
    tag, found = f"v{version}", set()
    command = ["git", "-C", str(clone), "grep", "-l", "-E", "Opts\\{|NewDesc", tag, "--"]
    listed = subprocess.run([*command, "cmd", "modules", "pkg", "tempodb"], capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        if not name.endswith("_test.go"):
            shown = subprocess.run(["git", "-C", str(clone), "show", name], capture_output=True, text=True, check=True)
            found |= exported(shown.stdout)
    return {name for name in found if name.startswith(("tempo_", "tempodb_"))}


def versions() -> dict[str, list[str]]:
    """Those that the roles pin, and those of the test bed."""
    from testbed import pins

    bed = pins.load()
    alloy = yaml.safe_load((ROOT / "roles/alloy/defaults/main.yml").read_text())["alloy_image_tag"]
    majors = yaml.safe_load((ROOT / "roles/tempo/vars/main/majors.yml").read_text())["_tempo_majors"]
    tempo = [str(major["app"]) for major in majors.values()]
    return {
        "alloy": sorted({*OLDER_ALLOY, alloy.removeprefix("v"), bed.pin("alloy").version}),
        "tempo": sorted({*tempo, bed.pin("tempo").version, bed.pin("tempo-next").version}),
    }


def main() -> None:
    clone = os.environ.get("TEMPO_SOURCE", "")
    if not clone:
        raise SystemExit("TEMPO_SOURCE is not set: set it to a clone of Tempo's repository that has the tags.")
    wanted = versions()
    facts = {
        "alloy": {version: sorted(of_alloy(f"v{version}")) for version in wanted["alloy"]},
        "tempo": {version: sorted(of_tempo(version, Path(clone))) for version in wanted["tempo"]},
    }
    text = yaml.safe_dump(facts, sort_keys=True, explicit_start=True, width=200)
    # As this project's YAML is indented.
    text = re.sub(r"^( *)- ", r"\1  - ", text, flags=re.MULTILINE)
    FACTS.write_text(text.replace("---\n", "---\n# Written by `make metric-names`. Names of metrics, by version.\n", 1))


if __name__ == "__main__":
    main()
