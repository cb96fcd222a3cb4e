"""`make bench`: starts fresh memories, measures, prints one table."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import large, measure, year
from bench.measure import MERGED_IN_ALL as MERGED
from bench.stack import membroker_up
from bench.texts import readings, repeats, unchanged

RUNS = 3

Row = tuple[str, str, str]


def main() -> None:
    """Prints the table; progress goes to stderr."""
    started = time.perf_counter()
    rows: list[Row] = []
    with membroker_up() as running:
        measure.settle(running)
        rows += _ingest(running)
    with membroker_up() as running:
        _say(f"filling {measure.MEMORIES:,} memories")
        measure.fill(running, measure.MEMORIES)
        rows += _recall(running)
        rows.append(("resident, whole stack, 100 k memories", f"{running.resident_mb():.0f} MB", "≤ 700 MB"))
    ranking = [measure.p95(measure.ranking_ms(run)) for run in range(RUNS)]
    rows.append(("ranking of 200 candidates, p95", _median(ranking, "ms"), "≤ 3 ms"))
    rows += _condensing()
    rows += year.rows()
    rows += _large()
    _say("start-up")
    rows.append(("membroker up, ready in", _median([measure.ready_s() for _ in range(RUNS)], "s"), "≤ 5 s"))
    for how, count in measure.wire_bytes().items():
        bar = "≤ 180" if how == "alone" else "≤ 140"
        rows.append((f"bytes on the wire, 100 bytes of text, {how}", f"{count:.0f}", bar))
    print(f"\n{measure.machine()}; Python {sys.version.split()[0]};"
          f" {_mosquitto()}; medians of {RUNS} runs (lowest … highest)\n")  # fmt: skip
    print(_table([("what", "measured", "bar"), *rows]))
    print(f"\n{time.perf_counter() - started:.0f} s in all")


def _ingest(running: measure.Running) -> list[Row]:
    _say("ingest of distinct texts, each run beside pure embedding")
    distinct = [measure.ingest_distinct(running, run) for run in range(RUNS)]
    _say("ingest of readings and repeats")
    of_readings = [measure.ingest_cheap(running, n, readings(measure.CHEAP, n)) for n in range(RUNS)]
    _say("ingest of repeats and unchanged states, each said before")
    of_repeats = [measure.ingest_merged(running, n, partial(repeats, MERGED, n)) for n in range(RUNS)]
    of_states = [measure.ingest_merged(running, 10 + n, partial(unchanged, MERGED)) for n in range(RUNS)]
    return [
        ("distinct texts, batches of 32", _median([rate for rate, _, _ in distinct], "obs/s"), ""),
        ("pure embedding of them, our two lanes", _median([ours for _, ours, _ in distinct], "texts/s"), ""),
        (
            "ingest as a fraction of ours",
            _median([rate / pure for rate, pure, _ in distinct], ""),
            "≥ 0.90",
        ),
        ("pure embedding of them, fastembed", _median([alone for _, _, alone in distinct], "texts/s"), ""),
        (
            "ingest as a fraction of fastembed's",
            _median([rate / alone for rate, _, alone in distinct], ""),
            "≥ 0.90",
        ),
        ("plain readings, batches of 32", _median(of_readings, "obs/s"), "≥ 6,000"),
        ("repeats, merged, batches of 32", _median(of_repeats, "obs/s"), "≥ 15,000"),
        ("unchanged states, merged, batches of 32", _median(of_states, "obs/s"), "≥ 15,000"),
    ]


def _condensing() -> list[Row]:
    """What is taken from ingest while the summarizer has all that it may do."""
    _say("ingest of readings, with and without condensing")
    rates: dict[bool, list[float]] = {False: [], True: []}
    for is_condensing, settings in (
        (False, {"condense_every_s": 86_400.0}),
        (True, {"condensing__grace_s": 0.5}),
    ):
        with membroker_up(**settings) as running:
            measure.settle(running)
            for n in range(RUNS):
                source = readings(measure.CHEAP, 100 + n)
                rates[is_condensing].append(measure.ingest_cheap(running, 100 + n, source))
    share = statistics.median(rates[True]) / statistics.median(rates[False])
    return [("readings while condensing, as a fraction of without", f"{share:.2f}", "≥ 0.90")]


def _large() -> list[Row]:
    with TemporaryDirectory(prefix="membroker-bench-") as data:
        _say(f"filling {large.MEMORIES:,} memories, without the stack")
        large.fill(Path(data) / "store")
        with membroker_up(Path(data)) as running:
            _say("recall among them")
            many = [measure.recall_idle(running, run, large.ENTITIES) for run in range(RUNS)]
            own = [measure.recall_idle(running, run, [large.LARGE]) for run in range(RUNS)]
            resident_mb = running.resident_mb()
    return [
        *_answers("recall at 1 M memories in 1,000 entities", many, "≤ 20 ms"),
        *_answers("recall of an entity with 100 k of them", own, "≤ 60 ms"),
        ("resident, whole stack, 1 M memories", f"{resident_mb:,.0f} MB", "≤ 2,500 MB"),
    ]


def _recall(running: measure.Running) -> list[Row]:
    _say("recall, idle")
    idle = [measure.recall_idle(running, run) for run in range(RUNS)]
    half = measure.ingest_distinct(running, 77)[0] / 2
    _say(f"recall while {half:.0f} observations/s come in")
    loaded = [measure.recall_while_ingesting(running, run, half) for run in range(RUNS)]
    return [
        *_answers("recall at 100 k memories, idle", idle, "≤ 12 ms"),
        *_answers("recall at 100 k memories, while ingesting at half capacity", loaded, "≤ 15 ms"),
    ]


def _answers(what: str, runs: list[list[float]], bar: str) -> list[Row]:
    """How long answers took, in ms."""
    return [
        (f"{what}, p50", _median([statistics.median(run) for run in runs], "ms"), ""),
        (f"{what}, p95", _median([measure.p95(run) for run in runs], "ms"), bar),
    ]


def _median(values: list[float], unit: str) -> str:
    show: Callable[[float], str] = lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: E731
    return f"{show(statistics.median(values))} {unit} ({show(min(values))} … {show(max(values))})"


def _table(rows: list[Row]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _mosquitto() -> str:
    shown = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False,
                           env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"})  # fmt: skip
    return shown.stdout.splitlines()[0] if shown.stdout else "Mosquitto"


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
