"""A version stands in one place, or in places that agree: workflows, scenarios, stand-in charts and texts for users."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.guards import DRIVES_HELM_4, version_of
from pinned import ROLES, ROOT, Part, load, parts, pins, tried

PARTS = {part.name: part for part in parts()}
TEMPOS = [PARTS["Tempo 2"], PARTS["Tempo 3"]]
# How texts name a version of a part: by its image, by the option of its role, as a chart.
IMAGES = {
    "grafana/tempo": TEMPOS,
    "grafana/tempo-vulture": [PARTS["canary, tempo-vulture"]],
    "grafana/alloy": [PARTS["Alloy"]],
    "grafana/grafana": [PARTS["Grafana"]],
    "grafana/k6": [PARTS["generator, otlp-http"]],
    "prometheus/prometheus": [PARTS["Prometheus"]],
}
IMAGE = re.compile(rf"\b({'|'.join(sorted(IMAGES, key=len, reverse=True))}):v?(\d+\.\d+\.\d+)")
CHARTS = "|".join(name for part in PARTS.values() for name, _ in part.charts)
CHART = re.compile(rf"\bcharts? ({CHARTS}) (?:stays )?(\d+\.\d+\.\d+)")
OPTION = re.compile(r"\b(tempo|tempo_vulture|alloy|grafana|prometheus)_image_tag: v?(\d+\.\d+\.\d+)")


def ci() -> dict[str, Any]:
    jobs: dict[str, Any] = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    return jobs


def test_the_rows_of_ci_are_those_of_the_table() -> None:
    python = [{"ansible": row["package"], "python": one} for row in tried()["ansible"] for one in row["python"]]
    assert ci()["python"]["strategy"]["matrix"]["include"] == python
    assert ci()["molecule"]["strategy"]["matrix"]["include"] == tried()["cluster"]


def test_the_first_and_the_last_ansible_are_those_of_make() -> None:
    first, *_, last = (row["package"] for row in tried()["ansible"])
    assert f"\nansible=={first}\n" in (ROOT / "requirements-dev.txt").read_text()
    assert re.findall(r"ansible==(\d[\d.]*)", (ROOT / "Makefile").read_text()) == [last, last]
    assert re.findall(r"ANSIBLE=ansible==(\d[\d.]*)", (ROOT / "docs" / "clusters.md").read_text()) == [last]
    core = tried()["ansible"][0]["core"]
    assert (ROOT / "release" / "requirements.in").read_text().startswith(f"ansible-core=={core}.")


def test_helm_4_is_driven_by_an_ansible_that_can() -> None:
    """With the one of `make`, the roles refuse it."""
    core = {row["package"]: version_of(row["kubernetes_core"]) for row in tried()["ansible"]}
    assert core[tried()["ansible"][0]["package"]] < DRIVES_HELM_4
    by_helm_4 = [row for row in tried()["cluster"] if row["helm"].startswith("v4.")]
    assert by_helm_4 and all(core[row["ansible"]] >= DRIVES_HELM_4 for row in by_helm_4)
    job = load(ROOT / ".github" / "workflows" / "nightly.yml")["jobs"]["helm-4"]
    (helm,) = [step["with"]["version"] for step in job["steps"] if "setup-helm" in step.get("uses", "")]
    assert {"helm": helm, "ansible": job["env"]["ANSIBLE"].removeprefix("ansible==")}.items() <= by_helm_4[0].items()


def test_helm_is_that_of_the_test_bed() -> None:
    own = {f"v{pins.load().pin(name).version}" for name in ("helm", "helm-4")}
    assert {row["helm"] for row in tried()["cluster"]} == own


def test_the_least_versions_are_the_same_everywhere() -> None:
    galaxy, meta = load(ROOT / "galaxy.yml"), load(ROOT / "meta" / "runtime.yml")
    (collection,) = load(ROOT / "requirements.yml")["collections"]
    assert galaxy["dependencies"] == {collection["name"]: collection["version"]}
    core = meta["requires_ansible"].removeprefix(">=").removesuffix(".0")
    assert f"ansible-core>={core}\n" in (ROOT / "requirements.txt").read_text()
    assert tried()["ansible"][0]["core"] == core
    needs = load(ROLES / "helm_release" / "vars" / "main" / "cluster.yml")["_helm_release_least_requirements"]
    page = " ".join((ROOT / "docs" / "versions.md").read_text().split())
    drives = ".".join(map(str, DRIVES_HELM_4))
    least = collection["version"].removeprefix(">=")
    assert f"ansible-core before {core}, `kubernetes.core` before {least}, and Helm 4" in page
    assert f"with a `kubernetes.core` before {drives}" in page
    assert f"The oldest Kubernetes that is not refused is {needs['min_version']}." in page
    readme = (ROOT / "README.md").read_text()
    assert f"Kubernetes {needs['min_version']} or newer" in readme and f"ansible-core {core} or newer" in readme


def test_the_readme_says_what_is_tested() -> None:
    minors = [".".join(row["kubernetes"].removeprefix("v").split(".")[:2]) for row in tried()["cluster"]]
    core = [row["core"] for row in tried()["ansible"]]
    python = sorted((one for row in tried()["ansible"] for one in row["python"]), key=lambda text: int(text[2:]))
    said = " ".join((ROOT / "README.md").read_text().split())
    assert f"on kind with Kubernetes {minors[0]} to {minors[-1]}, Helm 3 and 4," in said
    assert f"ansible-core {core[0]} to {core[-1]} on Python {python[0]} to {python[-1]}" in said


@pytest.mark.parametrize("chart", sorted(path.parent for path in (ROOT / "testbed" / "charts").glob("*/Chart.yaml")))
def test_a_stand_in_chart_is_for_the_program_of_the_test_bed(chart: Path) -> None:
    assert load(chart / "Chart.yaml")["appVersion"].removeprefix("v") == pins.load().pin(chart.name).version


def test_the_chart_of_the_generator_is_for_its_stock_engine() -> None:
    chart = load(ROLES / "k6_trace_generator" / "files" / "chart" / "Chart.yaml")
    assert chart["appVersion"] == PARTS["generator, otlp-http"].version == pins.load().pin("k6").version


def test_scenarios_name_what_the_test_bed_has() -> None:
    own = pins.load()
    steps = (ROOT / "molecule" / "upgrade" / "converge.yml").read_text()
    assert dict(re.findall(r"^    (older|newer): (\S+)$", steps, re.MULTILINE)) == {
        "older": own.pin("tempo").version,
        "newer": own.pin("tempo-next").version,
    }
    assert f"tempo_image_tag: {own.pin('tempo-next').version}" in (ROOT / "molecule/canary/inventory.yml").read_text()
    chart = dict(PARTS["Tempo 2"].charts)["tempo"]
    assert f"'--version', '{chart}'" in (ROOT / "molecule/adopt/prepare.yml").read_text()


def test_the_newest_charts_are_tried_with_the_tempo_that_they_run() -> None:
    (tag,) = re.findall(r'"tempo_image_tag": "([\d.]+)"', (ROOT / ".github/workflows/nightly.yml").read_text())
    assert tag == PARTS["Tempo 3"].version


def test_the_options_of_tempo_say_their_defaults() -> None:
    options = load(ROLES / "tempo" / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    charts = {version for part in TEMPOS for _, version in part.charts}
    assert versions_in(options["tempo_chart_version"]) == charts
    assert versions_in(options["tempo_image_tag"]) == {part.version for part in TEMPOS}


def versions_in(option: dict[str, Any]) -> set[str]:
    return set(re.findall(r"\d+\.\d+\.\d+", " ".join(option["description"])))


def known(part: Part) -> set[str]:
    return {part.version, *(pins.load().pin(name).version for name in part.programs)}


def texts() -> list[Path]:
    """What users read. An earlier version may be named there too, but never as the one to take."""
    patterns = ("*.md", "docs/**/*.md", "examples/**/*.md", "roles/*/README.md", "roles/*/meta/argument_specs.yml")
    found = (path for pattern in (*patterns, "plugins/*/*.py", "plugins/*/*.yml") for path in ROOT.glob(pattern))
    return sorted(path for path in found if path.name != "CHANGELOG.md")


def test_texts_name_versions_that_are_pinned() -> None:
    by_option = {
        "tempo": TEMPOS,
        "tempo_vulture": IMAGES["grafana/tempo-vulture"],
        **{name.lower(): [PARTS[name]] for name in ("Alloy", "Grafana", "Prometheus")},
    }
    wrong = set()
    for page in texts():
        text = page.read_text(encoding="utf-8")
        named = [(IMAGES[name], version) for name, version in IMAGE.findall(text)]
        named += [(by_option[name], version) for name, version in OPTION.findall(text)]
        wrong |= {(page.name, version) for of, version in named if version not in set().union(*map(known, of))}
        charts = {chart for part in parts() for chart in part.charts}
        wrong |= {(page.name, *chart) for chart in CHART.findall(text) if chart not in charts}
    assert wrong == set()


def test_the_steps_of_the_page_about_upgrades_end_at_what_is_pinned() -> None:
    page = (ROOT / "docs" / "upgrade.md").read_text()
    ends = dict(re.findall(r"^\d\. (tempo|alloy): \S+ to v?(\S+),", page, re.MULTILINE))
    stays = dict(re.findall(r"^(prometheus|grafana) stays as it is: v?(\S+),", page, re.MULTILINE))
    assert ends == {"tempo": PARTS["Tempo 2"].version, "alloy": PARTS["Alloy"].version}
    assert stays == {"prometheus": PARTS["Prometheus"].version, "grafana": PARTS["Grafana"].version}
