"""What pruning takes from questions: the longest while 100,000 memories go and room is made, and while idle.

A question that comes while something else runs waits for it, so a stop shows in an answer's time; each is
asked as soon as the last was answered, so that no stop falls between two. The longest waited for several.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import large
from bench.client import Asker
from bench.stack import megabytes, membroker_up
from bench.table import Row, p95, say
from bench.texts import questions

MEMORIES = 100_000
QUESTIONS = 400
STOP_MS_MAX = 50
"""What pruning may add to an answer."""
WAIT_S_MAX = 300
KEPT = "defaults: {raw: forever}\n"
PRUNED = "defaults: {raw: 1 day, worthless_below_importance: 1}\n"
"""All is older than that."""
SETTINGS = {"condense_every_s": 86_400, "retention_every_s": 1, "erase_every_s": 5}
"""So that space is freed while we watch, too."""


def rows() -> list[Row]:
    """The longest answers, and the room that is left."""
    with TemporaryDirectory(prefix="membroker-bench-") as folder:
        data, policies = Path(folder) / "data", Path(folder) / "policies.yaml"
        store = data / "store"
        policies.write_text(KEPT)
        say(f"filling {MEMORIES:,} memories, without the stack")
        large.fill(store, MEMORIES)
        with membroker_up(data, policies=policies, **SETTINGS) as running, Asker(running.broker) as asker:
            asked = questions(100 * QUESTIONS, seed=5000)
            for question in asked[-QUESTIONS:]:  # until what it reads is in memory
                asker.ask(large.LARGE, {"q": question})
            idle = [_ask(asker, n, asked[n]) for n in range(QUESTIONS)]
            before_mb = megabytes(store)
            say("pruning them")
            policies.write_text(PRUNED)
            began = time.perf_counter()
            busy = list(
                _while(lambda: _is_left(asker) or megabytes(store) > before_mb / 2, asker, asked[QUESTIONS:])
            )
            seconds = time.perf_counter() - began
            after_mb = megabytes(store)
    return [
        ("an answer at 100 k memories, p95, p99, longest", _shown(idle), ""),
        (
            f"while they are pruned in {seconds:.0f} s, and {before_mb:.0f} MB become {after_mb:.0f}",
            _shown(busy),
            f"p99 ≤ {_p99(idle) + STOP_MS_MAX:.0f} ms",
        ),
    ]


def _shown(milliseconds: list[float]) -> str:
    return f"{p95(milliseconds):.1f}, {_p99(milliseconds):.1f}, {max(milliseconds):.0f} ms"


def _p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100)[-1]


def _while(goes_on: Callable[[], bool], asker: Asker, asked: list[str]) -> Iterator[float]:
    """Milliseconds of each answer, until it is over."""
    until = time.monotonic() + WAIT_S_MAX
    for number, question in enumerate(asked):
        yield _ask(asker, number, question)
        if number % 20 == 0 and not goes_on():
            return
        if time.monotonic() > until:
            break
    raise TimeoutError("it went on for too long")


def _ask(asker: Asker, number: int, question: str) -> float:
    return asker.ask(large.ENTITIES[number % len(large.ENTITIES)], {"q": question})[1]


def _is_left(asker: Asker) -> bool:
    """Whether any is left of the entity that has most of them; they go in no order."""
    return int(asker.ask(large.LARGE, {"op": "stats"})[0]["n"]) > 0


if __name__ == "__main__":
    print(json.dumps(rows(), indent=1))
