"""`python -m pictures.draw`: draws docs/images from what is in recorded/.

The report is rendered by the collection, a dashboard by Grafana's components, both in a browser; the terminal by rich.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from pictures.terminal import draw_terminal

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RECORDED, IMAGES, BUILD = HERE / "recorded", ROOT / "docs" / "images", ROOT / "build" / "pictures"
WIDTH, GRID_ROW, TITLE = 1280, 38, 44
# Which rows of Grafana's grid are drawn of a dashboard. Below are panels that Grafana's npm packages don't have, the
# service graph and lists of traces, or that show little; above those of pipeline is what the canary says.
BOARDS = {"services": (0, 24), "pipeline": (5, 28), "canary": (0, 14)}
# The README has these in both schemes. A page of the docs has the light one.
DARK = ("report", "services")
# Which parts of the report each picture has.
OUTCOME, TRACE = ("Pipeline", "Demands", "Latency"), ("Services", "One trace")
FAILURE = ("Pipeline", "What failed", "Demands")

sys.path.insert(0, str(ROOT / "tests" / "visual"))
from browser import Browser  # noqa: E402
from report_inputs import failure  # noqa: E402


def report(params: dict[str, Any], sections: tuple[str, ...]) -> str:
    """The report's page with some of its sections, as the collection renders it."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.html_page import render_html
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.input import read_inputs
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verdict import judge

    inputs = read_inputs(params, params["generated_at"])
    before, *parts = render_html(inputs, judge(inputs)).split("<section")
    kept = [part for part in parts if any(f"<h2>{name}<" in part for name in sections)]
    if len(kept) != len(sections):
        raise SystemExit(f"The report has no longer the sections {', '.join(sections)}: name others in {__file__}.")
    return "<section".join([before, *(part.partition("</main>")[0] for part in kept)])


def dashboard(name: str) -> str:
    board = json.loads((ROOT / "examples" / "dashboards" / f"{name}.json").read_text(encoding="utf-8"))
    top, bottom = BOARDS[name]
    board["panels"] = [panel for panel in board["panels"] if top <= panel["gridPos"]["y"] < bottom]
    answers = recorded(name)
    for panel in board["panels"]:
        asked = [("now" if target["instant"] else "over_time", target["expr"]) for target in panel.get("targets", [])]
        if not all(expression in answers[kind] for kind, expression in asked):
            raise SystemExit(f"What '{panel['title']}' of {name} asks is not recorded: `make pictures-record`.")
    given = {"board": board, "recorded": answers, "width": WIDTH, "top": top}
    style, script = ((BUILD / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    data, script = json.dumps(given).replace("<", "\\u003c"), script.replace("</script", "<\\/script")
    page = f"<!DOCTYPE html><meta charset='utf-8'><style>{style}</style><body><div id='board'></div>"
    return page + f"<script>window.picture = {data}</script><script>{script}</script>"


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return found


def draw(browser: Browser, name: str, html: str, height: int) -> None:
    for dark in (False, True) if name in DARK else (False,):
        target = IMAGES / f"{name}{'-dark' if dark else ''}.png"
        # A browser on a busy machine sometimes takes a picture of which a part is not drawn yet: two must be the same.
        taken = [browser.screenshot(html, WIDTH, height, dark, target).read_bytes()]
        while taken.count(taken[-1]) < 2:
            taken.append(browser.screenshot(html, WIDTH, height, dark, target).read_bytes())
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB, of {len(taken)}")


def main() -> None:
    _AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()
    draw_terminal(RECORDED / "verify.txt", IMAGES / "verify.svg")
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("There is no chromium on the PATH: install it, as with `apt-get install chromium`.")
    with TemporaryDirectory() as folder:
        # A page of Grafana's components is ready some time after it is loaded.
        flags = ("--virtual-time-budget=8000", "--run-all-compositor-stages-before-draw")
        browser = Browser(program, Path(folder), flags)
        good, bad = recorded("report"), {**failure(), "generated_at": recorded("report")["generated_at"]}
        pages = {
            "report": report(good, OUTCOME),
            "report-trace": report(good, TRACE),
            "report-failure": report(bad, FAILURE),
        }
        for name, html in pages.items():
            draw(browser, name, html, round(browser.measure(html, WIDTH)[0]["bottom"]))
        for name, (top, bottom) in BOARDS.items():
            draw(browser, name, dashboard(name), TITLE + (bottom - top) * GRID_ROW)


if __name__ == "__main__":
    main()
