"""Prometheus' text format."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from crm.ops.metrics.counters import BOUNDS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# What is counted: name -> (what it tells, the labels' names).
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "kram_requests_total": ("Requests answered.", ("route", "method", "status")),
    "kram_tasks_total": ("Background tasks that ended.", ("task", "state")),
}
HISTOGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "kram_request_seconds": ("How long requests took to be answered.", ("route",)),
    "kram_task_seconds": ("How long background tasks took.", ("task",)),
}


def write_labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escape(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def write_counted(found: Mapping[tuple[str, ...], int]) -> Iterable[str]:
    """The lines of counters and histograms."""
    counters: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    histograms: dict[str, dict[tuple[str, ...], dict[str, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for (kind, name, *labels), amount in sorted(found.items()):
        if kind == "c" and name in COUNTERS:
            counters[name].append((tuple(labels), amount))
        elif kind == "h" and name in HISTOGRAMS:
            histograms[name][tuple(labels[:-1])][labels[-1]] = amount
    for name, rows in counters.items():
        text, names = COUNTERS[name]
        yield from _head(name, text, "counter")
        for values, amount in rows:
            yield f"{name}{write_labels(dict(zip(names, values, strict=True)))} {amount}"
    for name, series in histograms.items():
        text, names = HISTOGRAMS[name]
        yield from _head(name, text, "histogram")
        for values, places in series.items():
            yield from _histogram(name, dict(zip(names, values, strict=True)), places)


def _histogram(name: str, labels: dict[str, str], places: Mapping[str, int]) -> Iterable[str]:
    total = 0
    for place, bound in enumerate((*BOUNDS, None)):
        total += places.get(str(place), 0)
        le = "+Inf" if bound is None else f"{bound:g}"
        yield f"{name}_bucket{write_labels({**labels, 'le': le})} {total}"
    yield f"{name}_sum{write_labels(labels)} {places.get('sum', 0) / 1_000_000:.6f}"
    yield f"{name}_count{write_labels(labels)} {total}"


def write_gauge(name: str, text: str, rows: Iterable[tuple[dict[str, str], float]]) -> list[str]:
    lines = [f"{name}{write_labels(labels)} {value:g}" for labels, value in rows]
    return [*_head(name, text, "gauge"), *lines] if lines else []


def _head(name: str, text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
