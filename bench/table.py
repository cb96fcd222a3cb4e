"""The one table of all measurements: its rows, and how several runs become a cell."""

import statistics
import sys
from collections.abc import Callable, Sequence

RUNS = 3

Row = tuple[str, str, str]
"""What, measured, bar."""


def p95(milliseconds: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(milliseconds, n=20)[-1]


def median(values: Sequence[float], unit: str) -> str:
    """Of several runs, with the lowest and the highest."""
    show: Callable[[float], str] = lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: E731
    return f"{show(statistics.median(values))} {unit} ({show(min(values))} … {show(max(values))})"


def answers(what: str, runs: Sequence[Sequence[float]], bar: str) -> list[Row]:
    """How long answers took, in ms."""
    return [
        (f"{what}, p50", median([statistics.median(run) for run in runs], "ms"), ""),
        (f"{what}, p95", median([p95(run) for run in runs], "ms"), bar),
    ]


def table(rows: Sequence[Row]) -> str:
    """For a terminal."""
    rows = [("what", "measured", "bar"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def say(line: str) -> None:
    """Progress, to stderr."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
