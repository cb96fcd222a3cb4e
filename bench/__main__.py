"""`make bench`: starts fresh memories, measures, prints one table."""

import os
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import device, large, measure, pruning, year
from bench.measure import MERGED_IN_ALL as MERGED
from bench.stack import membroker_up
from bench.table import RUNS, Row, answers, median, p95, say, table
from bench.texts import readings, repeats, unchanged


def main() -> None:
    """Prints the table; progress goes to stderr."""
    started = time.perf_counter()
    rows: list[Row] = []
    with membroker_up() as running:
        measure.settle(running)
        rows += _ingest(running)
    with membroker_up() as running:  # another: the first has readings to condense for a while
        measure.settle(running)
        rows += _merging(running)
    with membroker_up() as running:
        say(f"filling {measure.MEMORIES:,} memories")
        measure.fill(running, measure.MEMORIES)
        rows += _recall(running)
        rows.append(("resident, whole stack, 100 k memories", f"{running.resident_mb():.0f} MB", "≤ 700 MB"))
    ranking = [p95(measure.ranking_ms(run)) for run in range(RUNS)]
    rows.append(("ranking of 200 candidates, p95", median(ranking, "ms"), "≤ 3 ms"))
    rows += _condensing()
    rows += year.rows()
    rows += pruning.rows()
    rows += _large()
    say("start-up")
    rows.append(("membroker up, ready in", median([measure.ready_s() for _ in range(RUNS)], "s"), "≤ 5 s"))
    for how, count in measure.wire_bytes().items():
        bar = "≤ 180" if how == "alone" else "≤ 140"
        rows.append((f"bytes on the wire, 100 bytes of text, {how}", f"{count:.0f}", bar))
    rows += device.rows()
    print(f"\n{measure.machine()}; Python {sys.version.split()[0]};"
          f" {_mosquitto()}; medians of {RUNS} runs (lowest … highest)\n")  # fmt: skip
    print(table(rows))
    print(f"\n{time.perf_counter() - started:.0f} s in all")


def _ingest(running: measure.Running) -> list[Row]:
    say("ingest of distinct texts, each run beside pure embedding")
    distinct = [measure.ingest_distinct(running, run) for run in range(RUNS)]
    say("ingest of readings")
    of_readings = [measure.ingest_cheap(running, n, readings(measure.CHEAP, n)) for n in range(RUNS)]
    return [
        ("distinct texts, batches of 32", median([rate for rate, _, _ in distinct], "obs/s"), ""),
        ("pure embedding of them, our two lanes", median([ours for _, ours, _ in distinct], "texts/s"), ""),
        (
            "ingest as a fraction of ours",
            median([rate / pure for rate, pure, _ in distinct], ""),
            "≥ 0.90",
        ),
        ("pure embedding of them, fastembed", median([alone for _, _, alone in distinct], "texts/s"), ""),
        (
            "ingest as a fraction of fastembed's",
            median([rate / alone for rate, _, alone in distinct], ""),
            "≥ 0.90",
        ),
        ("plain readings, batches of 32", median(of_readings, "obs/s"), "≥ 6,000"),
    ]


def _merging(running: measure.Running) -> list[Row]:
    say("ingest of repeats and unchanged states, each said before")
    of_repeats = [measure.ingest_merged(running, n, partial(repeats, MERGED, n)) for n in range(RUNS)]
    of_states = [measure.ingest_merged(running, 10 + n, partial(unchanged, MERGED)) for n in range(RUNS)]
    return [
        ("repeats, merged, batches of 32", median(of_repeats, "obs/s"), "≥ 15,000"),
        ("unchanged states, merged, batches of 32", median(of_states, "obs/s"), "≥ 15,000"),
    ]


def _condensing() -> list[Row]:
    """What is taken from ingest while the summarizer has all that it may do."""
    say("ingest of readings, with and without condensing")
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
        say(f"filling {large.MEMORIES:,} memories, without the stack")
        large.fill(Path(data) / "store")
        with membroker_up(Path(data)) as running:
            say("recall among them")
            many = [measure.recall_idle(running, run, large.ENTITIES) for run in range(RUNS)]
            own = [measure.recall_idle(running, run, [large.LARGE]) for run in range(RUNS)]
            resident_mb = running.resident_mb()
    return [
        *answers("recall at 1 M memories in 1,000 entities", many, "≤ 20 ms"),
        *answers("recall of an entity with 100 k of them", own, "≤ 60 ms"),
        ("resident, whole stack, 1 M memories", f"{resident_mb:,.0f} MB", "≤ 2,500 MB"),
    ]


def _recall(running: measure.Running) -> list[Row]:
    say("recall, idle")
    idle = [measure.recall_idle(running, run) for run in range(RUNS)]
    half = measure.ingest_distinct(running, 77)[0] / 2
    say(f"recall while {half:.0f} observations/s come in")
    loaded = [measure.recall_while_ingesting(running, run, half) for run in range(RUNS)]
    return [
        *answers("recall at 100 k memories, idle", idle, "≤ 12 ms"),
        *answers("recall at 100 k memories, while ingesting at half capacity", loaded, "≤ 15 ms"),
    ]


def _mosquitto() -> str:
    shown = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False,
                           env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"})  # fmt: skip
    return shown.stdout.splitlines()[0] if shown.stdout else "Mosquitto"


if __name__ == "__main__":
    main()
