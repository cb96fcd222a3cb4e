"""Seeded texts and readings like those that devices send. Distinct where it matters."""

import random
from collections.abc import Iterator

_WHO = [
    "Ana",
    "Tom",
    "the courier",
    "grandmother",
    "the cat",
    "a technician",
    "the neighbour",
    "Mira",
    "nobody",
]
_DID = [
    "left the blue bicycle", "asked for the spare key", "turned the heating down", "fed the fish twice",
    "reported a leak", "watched the late news", "replaced the water filter", "forgot the umbrella",
    "prefers oat milk in the morning coffee", "is allergic to peanuts and cashews", "moved the toolbox",
]  # fmt: skip
_WHERE = [
    "in the kitchen",
    "on the terrace",
    "near the garage door",
    "in hall 3",
    "upstairs",
    "by the window",
]
_WHEN = [
    "before breakfast",
    "at noon",
    "after the storm",
    "on Sunday evening",
    "during the visit",
    "late at night",
]
_MORE = [
    "and said that it should stay there until the end of the month",
    "because the old one had started to rattle", "while the alarm was still being tested by the installer",
    "and wrote it down on the list beside the fridge",
]  # fmt: skip


def distinct_texts(count: int, seed: int) -> list[str]:
    """Sentences of 8 to 35 words, no two alike."""
    rng = random.Random(seed)
    return [f"{_sentence(rng)} (note {seed}-{number})" for number in range(count)]


def questions(count: int, seed: int) -> list[str]:
    """Questions of 8 to 16 words, as people ask them, no two alike."""
    rng = random.Random(seed)
    return [
        f"When was it that {rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHERE)}? {seed}-{number}"
        for number in range(count)
    ]


def _sentence(rng: random.Random) -> str:
    more = [rng.choice(_MORE) for _ in range(rng.choice([0, 0, 1, 2]))]
    return " ".join([rng.choice(_WHO), rng.choice(_DID), rng.choice(_WHERE), rng.choice(_WHEN), *more])


def readings(count: int, seed: int, batch: int = 32) -> Iterator[dict[str, object]]:
    """Plain readings, short keys, each with its id and time; each batch from one room's sensors.

    A value walks a step at a time, as temperatures do, one walk a room and sensor.
    """
    rng = random.Random(seed)
    sensors = [
        ("temperature", "Cel", 21.0, 0.1),
        ("humidity", "%", 50.0, 0.5),
        ("illuminance", "lx", 300.0, 5.0),
    ]
    walks: dict[tuple[int, str], float] = {}
    for number in range(count):
        attribute, unit, start, step = sensors[number % len(sensors)]
        walk = (number // batch % 100, attribute)
        value = walks[walk] = round(walks.get(walk, start) + rng.choice((-step, 0.0, step)), 2)
        yield {"i": f"{seed}-{number}", "v": value, "u": unit, "p": attribute, "a": 1_700_000_000 + number}


def unchanged(count: int, batch: int = 32) -> Iterator[dict[str, object]]:
    """One state, reported over and over within one hour; the first of each entity is new."""
    for number in range(count):
        at = 1_700_000_000 // 3600 * 3600 + number / count * 3599
        yield {"i": number, "v": "closed", "p": f"door-{number % batch}", "a": at}


def repeats(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Fifty sentences over and over, each time with its own id and time."""
    texts = distinct_texts(50, seed)
    for number in range(count):
        yield {"i": f"{seed}-{number}", "t": texts[number % len(texts)], "a": 1_700_000_000 + number / 100}
