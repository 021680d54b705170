"""The figures of all parts as one table in Markdown, and plots of what has a shape."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.bed import RESULTS

Row = tuple[str, str, str, str]
HEADING: Row = ("what", "ours", "baseline", "ratio")


def write() -> None:
    """`results.json`, `results.md` and a plot for each part that has one, of every part that was ever run here."""
    parts = {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json")) if file.stem in ROWS}
    (RESULTS / "results.json").write_text(json.dumps({"processors": os.cpu_count(), **parts}, indent=2) + "\n")
    rows = [row for name, figures in parts.items() for row in ROWS[name](figures)]
    lines = [" | ".join(row) for row in (HEADING, ("---",) * 4, *rows)]
    (RESULTS / "results.md").write_text("".join(f"| {line} |\n" for line in lines))
    for name in parts.keys() & PLOTS.keys():
        PLOTS[name](parts[name], RESULTS)


def spread(values: list[float], unit: str = " s") -> str:
    """The median, and the least and the most where there is more than one."""
    found = f"{plain(median(values))}{unit}"
    return f"{found} ({plain(min(values))}-{plain(max(values))})" if len(values) > 1 else found


def plain(value: float) -> str:
    """Three digits that mean something, and no power of ten."""
    return f"{float(f'{value:.3g}'):,.0f}".replace(",", " ") if abs(value) >= 100 else f"{value:.3g}"


def first_trace(figures: dict[str, Any]) -> Iterator[Row]:
    for what, key in (("first trace found", "trace"), ("and all commands ended", "proven")):
        ours, hand = ([one[key] for one in figures["rounds"][way]] for way in ("site", "by-hand"))
        ratio = median(a / b for a, b in zip(ours, hand, strict=True))
        yield f"nothing to {what}: site.yml, Helm by hand", spread(ours), spread(hand), f"{ratio:.2f}"


def rerun(figures: dict[str, Any]) -> Iterator[Row]:
    site, bare = (spread([one[key] for one in figures["rounds"]]) for key in ("site", "bare"))
    yield "unchanged re-run: site.yml, five helm tasks", site, bare, f"{figures['ratio']:.2f}"


def latency(figures: dict[str, Any]) -> Iterator[Row]:
    for way in ("by_id", "by_search"):
        for rate in sorted({run["traces_per_second"] for run in figures["runs"]}):
            ours, direct = (
                [
                    run[way]["p95"]
                    for run in figures["runs"]
                    if (run["traces_per_second"], run["entry"]) == (rate, entry)
                ]
                for entry in ("alloy", "direct")
            )
            what = f"seen {way.replace('_', ' ')}, p95 at {rate} traces/s: through Alloy, straight to Tempo"
            yield what, spread(ours), spread(direct), f"{median(ours) / median(direct):.2f}"


def rates(figures: dict[str, Any]) -> Iterator[Row]:
    direct = [run["spans_per_second"] for run in figures["runs"]["direct"]]
    for name, what in (("alloy", "our Alloy"), ("upstream", "an Alloy by a walk-through")):
        ours = [run["spans_per_second"] for run in figures["runs"][name]]
        what = f"spans/s without loss: through {what}, straight to Tempo"
        yield what, spread(ours, ""), spread(direct, ""), f"{figures['ratio_to_direct'][name]:.2f}"


def cost(figures: dict[str, Any]) -> Iterator[Row]:
    """Each way in against the one straight to Tempo, and of that what Alloy takes."""
    direct = [run["both"] for run in figures["runs"][figures["direct"]]]
    for name, runs in figures["runs"].items():
        if name == figures["direct"]:
            continue
        both = [run["both"] for run in runs]
        what = f"CPU seconds for a million spans: Alloy and Tempo {name}, straight to Tempo"
        yield what, spread(both, ""), spread(direct, ""), f"{figures['ratio_to_direct'][name]:.2f}"
        yield f"of these, Alloy {name}", spread([run["alloy"] for run in runs], ""), "", ""


def tuning(figures: dict[str, Any]) -> Iterator[Row]:
    """Each setting against the same way in with those shipped."""
    for name, base in figures["base"].items():
        runs, others, ratio = figures["runs"][name], figures["runs"][base], figures["ratio"][name]
        rates = [[run["spans_per_second"] for run in one] for one in (runs, others)]
        yield f"spans/s at overload: {name}, {base}", spread(rates[0], ""), spread(rates[1], ""), f"{ratio['rate']:.2f}"
        taken = [[sum(run["cpu_per_million"].values()) for run in one] for one in (runs, others)]
        what = f"CPU seconds for a million spans at overload: {name}, {base}"
        yield what, spread(taken[0], ""), spread(taken[1], ""), f"{ratio['cost']:.2f}"
        late = [[run["by_id"]["p95"] for run in one] for one in (runs, others)]
        yield f"p95 by id at 100 traces/s: {name}, {base}", spread(late[0]), spread(late[1]), f"{ratio['p95']:.2f}"


def outage(figures: dict[str, Any]) -> Iterator[Row]:
    """Refused is what a sender was told at once, lost what was taken in and is not stored."""
    asked = f"in 60 s without Tempo at {figures['spans_per_second']:.0f} spans/s: queue on a volume, in memory"
    for what, count in (("refused", refused), ("lost", lost)):
        of = {
            name: [count(run) for run in figures["runs"] if run["queue"] == name] for name in ("durable", "in memory")
        }
        yield f"spans {what} {asked}", spread(of["durable"], ""), spread(of["in memory"], ""), "-"


def refused(run: dict[str, Any]) -> float:
    return float(run["refused"])


def lost(run: dict[str, Any]) -> float:
    return float(run["sent"] - run["stored"])


def generator(figures: dict[str, Any]) -> Iterator[Row]:
    for engine, runs in figures["runs"].items():
        cores = [run["traces_per_second"] / run["cores"] for run in runs if run["cores"]]
        if cores:
            yield f"traces a second that a core of the generator makes, engine {engine}", spread(cores, ""), "-", "-"


def verify_cost(figures: dict[str, Any]) -> Iterator[Row]:
    last, first = figures["runs"][-1], figures["runs"][0]
    for one, many, what in (("verify", "proofs", "verify.yml"), ("check", "checks", "one check")):
        where = f"{what} among {last['stored']} traces, among {first['stored']}"
        yield where, spread(last[many]), spread(first[many]), f"{figures['ratio'][one]:.2f}"


def clusters(figures: dict[str, Any]) -> Iterator[Row]:
    """A further cluster's part of what the first one costs."""
    for name, costs in figures["further"].items():
        for size, cost in costs.items():
            many, one = ([of[number][name]["seconds"] for of in figures["rounds"]] for number in (size, "1"))
            yield (
                f"{name} on {size} clusters, on 1: a further one costs, of the first",
                spread(many),
                spread(one),
                f"{cost['seconds']:.2f}",
            )


def plot_latency(figures: dict[str, Any], folder: Path) -> None:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 3.9), layout="constrained")
    for place, way in enumerate(("by_id", "by_search"), 1):
        axes = picture.add_subplot(1, 2, place, title=f"until a trace is seen {way.replace('_', ' ')}", xscale="log")
        axes.set(xlabel="traces a second", ylabel="seconds")
        for entry, label in (("alloy", "through Alloy"), ("direct", "straight to Tempo")):
            runs = [run for run in figures["runs"] if run["entry"] == entry]
            x = sorted({run["traces_per_second"] for run in runs})
            for quantile, style in (("p50", "--"), ("p95", "-")):
                y = [median(run[way][quantile] for run in runs if run["traces_per_second"] == rate) for rate in x]
                axes.plot(
                    x, y, style, marker="o", color="C0" if entry == "alloy" else "C1", label=f"{label}, {quantile}"
                )
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
        axes.set_xticks(x, [str(rate) for rate in x])
    picture.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
    save(picture, folder / "latency")


def plot_rates(figures: dict[str, Any], folder: Path) -> None:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 3.4), layout="constrained")
    names = {"direct": "straight to Tempo", "alloy": "through our Alloy", "upstream": "through a walk-through's Alloy"}
    left = picture.add_subplot(1, 2, 1, title="spans a second without loss")
    left.barh(
        list(names.values()), [median(run["spans_per_second"] for run in figures["runs"][name]) for name in names]
    )
    right = picture.add_subplot(1, 2, 2, title="CPU seconds for a million spans")
    start = dict.fromkeys(names, 0.0)
    for part in ("k6", "alloy", "tempo", "prometheus"):
        cost = {name: median(run["cpu_per_million"].get(part, 0.0) for run in figures["runs"][name]) for name in names}
        right.barh(list(names.values()), list(cost.values()), left=list(start.values()), label=part)
        start = {name: start[name] + cost[name] for name in names}
    right.set_yticks([])
    right.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4)
    save(picture, folder / "rates")


def save(picture: Any, path: Path) -> None:
    for kind in ("svg", "png"):
        picture.savefig(path.with_suffix(f".{kind}"), dpi=110)


ROWS = {
    "first_trace": first_trace,
    "rerun": rerun,
    "latency": latency,
    "rates": rates,
    "cost": cost,
    "tuning": tuning,
    "outage": outage,
    "generator": generator,
    "verify_cost": verify_cost,
    "clusters": clusters,
}
PLOTS = {"latency": plot_latency, "rates": plot_rates}
