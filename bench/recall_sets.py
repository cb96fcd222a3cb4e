"""What recall is measured on: data files, and the questions and observations in them.

Two forms of a conversation, with one form of a question:

    {"conversation", "turns": [{"id", "session", "seq", "when", "speaker", "text", "image_caption"?}],
      "questions"}
    {"conversation", "observed": [{"entity", "device", "observation": {"id", "at", …as published}}],
      "questions"}
    {"question", "evidence": [ids], "category", "entity"?, "now"?, "tz"?, "expected"?}

The first is LoCoMo's, reduced to turns: each conversation is an entity, each turn an observation. The second
is that of `python -m bench.home`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
OBSERVER = "observer"
"""The device of those who name none."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an entity, and which observations hold the answer."""

    entity: str
    text: str
    evidence: frozenset[str]
    category: str
    asker: Mapping[str, Any]
    """`now` and `tz`, if told."""
    expected: Mapping[str, Any] | None
    """The numbers of the answer, where it has some."""


def questions_in(conversations: Sequence[Mapping[str, Any]]) -> Iterator[Question]:
    """Those that have evidence."""
    for conversation in conversations:
        for asked in conversation["questions"]:
            if asked["evidence"]:
                yield Question(
                    asked.get("entity", conversation["conversation"]),
                    asked["question"],
                    frozenset(asked["evidence"]),
                    CATEGORIES.get(asked["category"], str(asked["category"])),
                    {name: asked[name] for name in ("now", "tz") if name in asked},
                    asked.get("expected"),
                )


def observations_in(
    conversations: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What each device observes of each entity."""
    found: defaultdict[str, defaultdict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for conversation in conversations:
        for turn in conversation.get("turns", []):
            found[OBSERVER][conversation["conversation"]].append(_turn(turn))
        for each in conversation.get("observed", []):
            found[each["device"]][each["entity"]].append(each["observation"])
    return {device: dict(entities) for device, entities in found.items()}


def _turn(turn: Mapping[str, Any]) -> dict[str, Any]:
    caption = turn.get("image_caption")
    shares = f" [shares {caption}]" if caption else ""
    return {
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


def is_right(expected: Mapping[str, Any], readings: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of the readings of an answer is of the series that was meant, and has all its values."""
    return any(_fits(expected, each) for each in readings)


def _fits(expected: Mapping[str, Any], reading: Mapping[str, Any]) -> bool:
    series = (name for name in ("entity", "attribute") if name in expected)
    if any(reading.get(name) != expected[name] for name in series):
        return False
    values = expected["values"]
    return all(_told(reading, name) == value for name, value in values.items())


def _told(reading: Mapping[str, Any], name: str) -> object:
    """A value under its own name, or as the one that was asked for."""
    return reading.get(name, reading.get("value") if reading.get("asked") == name else None)
