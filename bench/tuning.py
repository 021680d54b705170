"""What a single setting does to the rate that is carried and to the latency, each against what the roles ship."""

from __future__ import annotations

from statistics import median
from typing import Any

from bench.bed import RESULTS, ROOT, Bed, keep
from bench.load import NAMESPACE, Load, losses, send
from bench.throughput import RATES, configure, cost, install_plain_alloy, prepare, quantiles

SHIPPED = "as shipped"
SETTINGS: dict[str, dict[str, object]] = {
    SHIPPED: {},
    "compression gzip": {"alloy_tempo_compression": "gzip"},
    "no compression": {"alloy_tempo_compression": "none"},
    "batches of 500": {"alloy_batch_size": 500, "alloy_batch_max_size": 500},
    "batches of 8000": {"alloy_batch_size": 8000, "alloy_batch_max_size": 8000},
    "batches after 50 ms": {"alloy_batch_timeout": "50ms"},
    "batches after 1 s": {"alloy_batch_timeout": "1s"},
    "2 consumers of the queue": {"alloy_queue_consumers": 2},
}
# Senders by gRPC are told to connect anew after that time. The sender here is another Alloy, as beside an application.
BEHIND = "behind another Alloy"
AGES: dict[str, dict[str, object]] = {
    BEHIND: {},
    "connections of 5 s": {"alloy_max_connection_age": "5s"},
    "connections of 1 h": {"alloy_max_connection_age": "1h"},
}


def measure_all(bed: Bed, rounds: int) -> None:
    prepare(bed)
    install_sender(bed)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (*SETTINGS, *AGES)}
    for _round in range(rounds):
        for to, settings in (("alloy", SETTINGS), ("alloy-plain", AGES)):
            for name, given in settings.items():
                configure(bed, **given)
                found[name].append(measure(bed, to))
                print(f"  {name}: {found[name][-1]}", flush=True)
    base = {name: BEHIND if name in AGES else SHIPPED for name in found if name not in (SHIPPED, BEHIND)}
    ratio = {name: ratios(found[name], found[against]) for name, against in base.items()}
    keep("tuning", {"runs": found, "base": base, "ratio": ratio})
    bed.remove(NAMESPACE)


def install_sender(bed: Bed) -> None:
    """A walk-through's Alloy that hands on to ours."""
    values = RESULTS / "alloy-plain.yml"
    RESULTS.mkdir(parents=True, exist_ok=True)
    values.write_text((ROOT / "bench/helm_baseline/alloy.yml").read_text().replace('"tempo:4317"', '"alloy:4317"'))
    install_plain_alloy(bed, "--values", str(values))


def measure(bed: Bed, to: str) -> dict[str, Any]:
    """The rate at overload and what it takes; then the latency at a hundred small traces a second."""
    send(bed, Load(RATES[0], 12, to=to))  # the first requests to a fresh part are slow
    most = send(bed, Load(RATES[-1], 25, to=to))
    probe = send(bed, Load(100, 30, to, traces=1, spans=6, probes=60))["probe"]
    return {**cost(most), "lost": losses(most), **quantiles(probe)}


def ratios(runs: list[dict[str, Any]], base: list[dict[str, Any]]) -> dict[str, float]:
    """Round by round."""
    pairs = list(zip(runs, base, strict=True))
    return {
        "rate": round(median(one["spans_per_second"] / other["spans_per_second"] for one, other in pairs), 3),
        "p95": round(median(one["by_id"]["p95"] / other["by_id"]["p95"] for one, other in pairs), 3),
    }
