"""Recall of evidence: `python -m bench.recall_quality DATA`, DATA in the form of LoCoMo, reduced to turns.

    [{"conversation", "turns": [{"id", "session", "seq", "when", "speaker", "text", "image_caption"?}],
      "questions": [{"question", "evidence": [turn ids], "category"}]}]

Each conversation is an entity of a fresh memory, each turn an observation; all goes through MQTT. Recall@k of
a question is the share of its evidence among its first k matches; the mean over all questions is printed, by
category, for meaning alone, words alone, and the default.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.client import Asker, Observer
from bench.stack import Running, membroker_up
from memory.ranking import Weights

CUTS = (5, 10, 20)
BUDGETS: tuple[int, ...] = (512, 1024)
"""Tokens of `context`."""
BATCH = 32
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
PLAIN = {each.name: 0.0 for each in fields(Weights)} | {"sharpness": 1.0}
"""Weights of a ranking by one score alone."""
WAYS: Mapping[str, Mapping[str, float]] = {
    "dense alone": PLAIN | {"dense": 1.0},
    "BM25 alone": PLAIN | {"dense": 0.0},
    "default": {},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an entity, and which observations hold the answer."""

    entity: str
    text: str
    evidence: frozenset[str]
    category: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question found: ids of observations, best first, and how long it took."""

    question: Question
    found: Sequence[str]
    took_ms: float


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    conversations = json.loads(parser.parse_args().data.read_text())
    questions = list(questions_in(conversations))
    data = Path(tempfile.mkdtemp(prefix="membroker-recall-"))
    try:
        with membroker_up(data) as running:
            _load(running, conversations)
        asked = {way: _ask(data, weights, questions) for way, weights in WAYS.items()}
        in_context = {budget: _ask(data, {}, questions, budget=budget) for budget in BUDGETS}
    finally:
        shutil.rmtree(data, ignore_errors=True)
    print("\n".join(table(asked, in_context)))


def questions_in(conversations: Sequence[Mapping[str, Any]]) -> Iterator[Question]:
    """Those that have evidence."""
    for conversation in conversations:
        for asked in conversation["questions"]:
            if asked["evidence"]:
                category = CATEGORIES.get(asked["category"], str(asked["category"]))
                evidence = frozenset(asked["evidence"])
                yield Question(conversation["conversation"], asked["question"], evidence, category)


def observations_in(conversation: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """One observation a turn."""
    for turn in conversation["turns"]:
        caption = turn.get("image_caption")
        shares = f" [shares {caption}]" if caption else ""
        yield {
            "id": turn["id"],
            "text": f"{turn['speaker']}: {turn['text']}{shares}",
            "kind": "turn",
            "at": _epoch(turn["when"]) + turn["seq"],
            "session": turn["session"],
            "seq": turn["seq"],
        }


def _epoch(when: str) -> float:
    """`1:56 pm on 8 May, 2023`, taken as UTC."""
    return datetime.strptime(when, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC).timestamp()


def _load(running: Running, conversations: Sequence[Mapping[str, Any]]) -> None:
    with Observer(running.broker) as observer:
        for conversation in conversations:
            observer.observe([conversation["conversation"]], observations_in(conversation), batch=BATCH)
        stored = observer.statuses.get("stored", 0)
    if stored != (turns := sum(len(each["turns"]) for each in conversations)):
        raise RuntimeError(f"{stored} of {turns} turns were stored")


def _ask(
    data: Path, weights: Mapping[str, float], questions: Sequence[Question], *, budget: int | None = None
) -> list[Asked]:
    settings = {f"ranking__{name}": value for name, value in weights.items()}
    request: dict[str, Any] = {"limit": max(CUTS)}
    if budget is not None:
        request = {"op": "context", "limit": 100, "budget": budget}
    with membroker_up(data, **settings) as running, Asker(running.broker) as asker:
        found = []
        for question in questions:
            reply, took_ms = asker.ask(question.entity, request | {"text": question.text})
            found.append(Asked(question, [match["i"] for match in reply["m"]], took_ms))
        return found


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


def _by_category(answers: Sequence[Asked]) -> dict[str, list[Asked]]:
    found: defaultdict[str, list[Asked]] = defaultdict(list)
    for each in answers:
        found[each.question.category].append(each)
    return found


def _recall(answers: Sequence[Asked], cut: int | None) -> float:
    shares = [
        len(each.question.evidence.intersection(each.found[:cut])) / len(each.question.evidence)
        for each in answers
    ]
    return statistics.fmean(shares)


def _median_ms(answers: Sequence[Asked]) -> float:
    return statistics.median(each.took_ms for each in answers)


if __name__ == "__main__":
    main()
