"""Recall of evidence: `python -m bench.recall_quality DATA`, or `--smart-home` for a set made up from a seed.

DATA is in one of the forms of `bench/recall_sets.py`; all of it goes through MQTT into a fresh memory.
Recall@k of a question is the share of its evidence among its first k matches; the mean over all questions is
printed, by category, for meaning alone, words alone, and the default; and of the questions whose answer is a
value, how many are answered with it.
"""

import argparse
import json
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

from bench.client import Asker, Observer
from bench.home.month import PUBLISHED
from bench.home.month import conversations as smart_home
from bench.recall_sets import Question, is_right, observations_in, questions_in
from bench.stack import Running, membroker_up
from memory.ranking import Weights
from schemas.replies import MatchesReply

CUTS = (5, 10, 20)
BUDGETS: tuple[int, ...] = (512, 1024)
"""Tokens of `context`."""
BATCH = 32
PLAIN = {each.name: 0.0 for each in fields(Weights)} | {"sharpness": 1.0}
"""Weights of a ranking by one score alone."""
WAYS: Mapping[str, Mapping[str, float]] = {
    "dense alone": PLAIN | {"dense": 1.0},
    "BM25 alone": PLAIN | {"dense": 0.0},
    "default": {},
}


AT_ONCE = {
    "condensing__silence_s": 0.1, "condensing__grace_s": 0.1, "condense_every_s": 0.2, "condense_share": 1.0
}  # fmt: skip
"""Settings of a memory that condenses what comes without waiting."""
CONDENSED_S_MAX = 600
Counted = Mapping[str, frozenset[str]]
"""By memory: the observations that are counted in it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question found, best first, and how long it took."""

    question: Question
    found: Sequence[frozenset[str]]
    """Of each match, the observations that are counted in it."""
    took_ms: float
    right: bool | None
    """Whether the numbers of the answer are; None where none are expected."""

    def inside(self, cut: int | None) -> frozenset[str]:
        """The evidence among the first matches."""
        return self.question.evidence.intersection(chain.from_iterable(self.found[:cut]))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="a data file")
    parser.add_argument(
        "--smart-home", action="store_true", help="a month of a smart home in place of a file"
    )
    parser.add_argument("--seed", type=int, default=PUBLISHED, help="of the smart home")
    parser.add_argument("--missed", action="store_true", help="list what the default does not find, too")
    parser.add_argument("--condensed", action="store_true", help="ask once all sessions are condensed")
    told = parser.parse_args()
    if (told.data is None) is not told.smart_home:
        parser.error("either a data file or --smart-home")
    conversations = smart_home(told.seed) if told.smart_home else json.loads(told.data.read_text())
    asked, in_context = measure(conversations, condensed=told.condensed)
    print("\n".join(table(asked, in_context)))
    if told.missed:
        print("\n".join(missed(asked["default"])))


def measure(
    conversations: Sequence[Mapping[str, Any]], *, condensed: bool = False
) -> tuple[dict[str, list[Asked]], dict[int, list[Asked]]]:
    """What all questions find, by way; and what is in their contexts, by budget."""
    questions = list(questions_in(conversations))
    data = Path(tempfile.mkdtemp(prefix="membroker-recall-"))
    try:
        with membroker_up(data, **(AT_ONCE if condensed else {})) as running:
            counted = _load(running, conversations)
            if condensed:
                _wait_until_condensed(data)
        asked = {way: _ask(data, weights, questions, counted) for way, weights in WAYS.items()}
        in_context = {budget: _ask(data, {}, questions, counted, budget=budget) for budget in BUDGETS}
    finally:
        shutil.rmtree(data, ignore_errors=True)
    return asked, in_context


def _load(running: Running, conversations: Sequence[Mapping[str, Any]]) -> Counted:
    counted: dict[str, frozenset[str]] = {}
    for device, entities in observations_in(conversations).items():
        with Observer(running.broker, device) as observer:
            for entity, observations in entities.items():
                observer.observe([entity], observations, batch=BATCH)
            stored = sum(observer.statuses.get(status, 0) for status in ("stored", "merged"))
        counted |= {memory: frozenset(ids) for memory, ids in observer.counted.items()}
        if stored != (count := sum(map(len, entities.values()))):
            raise RuntimeError(f"{stored} of {count} observations of {device} were stored")
    return counted


def _wait_until_condensed(data: Path) -> None:
    ledger = sqlite3.connect(f"file:{data / 'ledger.sqlite3'}?mode=ro", uri=True)
    for _ in range(CONDENSED_S_MAX):
        if ledger.execute("SELECT count(*) FROM due").fetchone() == (0,):
            break
        time.sleep(1)
    else:
        raise TimeoutError("not everything was condensed")
    ledger.close()


def _ask(
    data: Path,
    weights: Mapping[str, float],
    questions: Sequence[Question],
    counted: Counted,
    *,
    budget: int | None = None,
) -> list[Asked]:
    settings = {f"ranking__{name}": value for name, value in weights.items()}
    request: dict[str, Any] = {"limit": max(CUTS)}
    if budget is not None:
        request = {"op": "context", "limit": 100, "budget": budget}
    with membroker_up(data, **settings) as running, Asker(running.broker) as asker:
        found = []
        for question in questions:
            asking = {**request, **question.asker, "text": question.text}
            reply, took_ms = asker.ask(question.entity, asking)
            ids = [counted.get(match["m"], frozenset()) for match in reply["m"]]
            found.append(Asked(question, ids, took_ms, _right(question, reply)))
        return found


def _right(question: Question, reply: dict[str, Any]) -> bool | None:
    if question.expected is None:
        return None
    answer = MatchesReply.load(reply).dump(short=False)
    return is_right(question.expected, answer.get("readings", []))


def table(asked: Mapping[str, Sequence[Asked]], in_context: Mapping[int, Sequence[Asked]]) -> Iterator[str]:
    """Markdown."""
    names = sorted({each.question.category for each in next(iter(asked.values()))})
    cuts = [f"R@{cut}" for cut in CUTS]
    yield "| | " + " | ".join([*cuts, *(f"{name} R@10" for name in names), "ms, median"]) + " |"
    yield "| --- |" + " --- |" * (len(cuts) + len(names) + 1)
    for way, answers in asked.items():
        of_category = _by_category(answers)
        cells = [f"{_recall(answers, cut):.3f}" for cut in CUTS]
        cells += [f"{_recall(of_category[name], 10):.3f}" for name in names]
        yield f"| {way} | " + " | ".join([*cells, f"{_median_ms(answers):.1f}"]) + " |"
    yield ""
    for budget, answers in in_context.items():
        inside = _recall(answers, None)
        took_ms = _median_ms(answers)
        yield f"inside a context of {budget} tokens: {inside:.3f} of the evidence, {took_ms:.1f} ms"
    yield from _rightness(asked["default"])


def _rightness(answers: Sequence[Asked]) -> Iterator[str]:
    """How many numbers are right, in all and by category; nothing where none are expected."""
    numbers = [each for each in answers if each.right is not None]
    if numbers:
        told = [f"{name} {_share_right(some)}" for name, some in sorted(_by_category(numbers).items())]
        yield f"answers with the right value: {_share_right(numbers)} ({', '.join(told)})"


def _share_right(answers: Sequence[Asked]) -> str:
    return f"{sum(each.right is True for each in answers)} of {len(answers)}"


def missed(answers: Sequence[Asked]) -> Iterator[str]:
    """What is not wholly in the first ten, or has another value than expected."""
    for each in answers:
        inside = len(each.inside(10))
        if inside < len(each.question.evidence) or each.right is False:
            value = {None: "", True: ", value right", False: ", value wrong"}[each.right]
            found = f"{inside} of {len(each.question.evidence)}{value}"
            yield f"{each.question.category}: {each.question.text} ({found})"


def _by_category(answers: Sequence[Asked]) -> dict[str, list[Asked]]:
    found: defaultdict[str, list[Asked]] = defaultdict(list)
    for each in answers:
        found[each.question.category].append(each)
    return found


def _recall(answers: Sequence[Asked], cut: int | None) -> float:
    shares = [len(each.inside(cut)) / len(each.question.evidence) for each in answers]
    return statistics.fmean(shares)


def _median_ms(answers: Sequence[Asked]) -> float:
    return statistics.median(each.took_ms for each in answers)


if __name__ == "__main__":
    main()
