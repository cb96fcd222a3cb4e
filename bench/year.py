"""A year of a sensor, condensed: what is kept of it, and whether what is asked of it is still right.

Scaled down, since two cores store some 5,000 readings a second: one sensor for ten, and a reading every
450 s (in a month: 150 and 60) in place of 10 s. What is kept depends on neither but by a factor: each series
has its own hours, and of each hour `per_hour_max` readings stay.
"""

import json
import math
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from bench.client import Asker, Observer
from bench.stack import megabytes, membroker_up
from memory.store_edge import REMOVED_MIN

DAY_S = 86_400
ENTITY = "home7/kitchen"
ZONE = "Europe/Berlin"
PER_HOUR_MAX = 8
RAW_S, HOURLY_DAYS = 20, 90
"""Raw is kept from when it came, and the year comes at once: so it goes at once, and even last week is told
by summaries alone. Seven days of it would be as many hours of at most PER_HOUR_MAX."""
POLICIES = f"""
defaults:
  per_hour_max: {PER_HOUR_MAX}
  hourly: {HOURLY_DAYS} days
  kinds: {{reading: {{raw: {RAW_S} seconds}}}}
"""
AT_ONCE = {
    "condensing__grace_s": 2, "condense_every_s": 0.5, "condense_share": 1.0, "retention_every_s": 2,
    "erase_every_s": 5,
}  # fmt: skip
"""Settings under which a year passes in minutes."""
WAIT_S_MAX = 900

Reading = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a sensor's history, and how it answers."""

    sent: int
    seconds: float
    """Until all was condensed and pruned."""
    memories: int
    megabytes: float
    """Of the store."""
    ledger_megabytes: float
    """Of what is kept beside it to know a resend by, for `resend_days`: here of all that was sent."""
    right: dict[str, bool]
    """By question: whether lowest, highest and count are exact, and the mean to a hundredth of a percent."""
    mean_error: float
    """The largest, relative."""

    @property
    def memories_max(self) -> int:
        """The bound: hours, with their outliers; days; months; and what is not condensed yet."""
        return HOURLY_DAYS * 24 * (1 + OUTLIERS) + 366 + 13 + UNCONDENSED_MAX

    @property
    def told(self) -> str:
        """For the table."""
        room = f"{self.megabytes:.0f} MB and {self.ledger_megabytes:.0f} MB of ledger"
        return f"{self.memories:,} in {room}, after {self.seconds:.0f} s"

    @property
    def room_max(self) -> str:
        """The bounds: of the store by what it keeps and has not rewritten yet, of the ledger by what came."""
        store = LOG_MB + (self.memories_max + REMOVED_MIN) * BYTES_A_MEMORY / 1e6
        ledger = LEDGER_MB + self.sent * LEDGER_BYTES_A_READING / 1e6
        return f"{store:.0f} MB and {ledger:.0f} MB"


OUTLIERS = 1
"""Of an hour of noise; of any hour at most OUTLIERS_MAX (`memory/thinning.py`)."""
LOG_MB = 12.0
BYTES_A_MEMORY = 2500
"""Vector, payload, words and indexes of a summary."""
LEDGER_MB = 1.0
LEDGER_BYTES_A_READING = 120
UNCONDENSED_MAX = 600
"""Readings of the last two hours at the fastest rate here, which are not condensed yet; and some of a day."""


def measure(days: int, every_s: float, seed: int) -> Kept:
    """Sends so many days of readings until now, waits until they are condensed and pruned, and asks."""
    now = time.time()
    readings = list(_readings(now, days, every_s, seed))
    with TemporaryDirectory(prefix="membroker-year-") as folder:
        data, policies = Path(folder) / "data", Path(folder) / "policies.yaml"
        policies.write_text(POLICIES)
        with membroker_up(data, policies=policies, **AT_ONCE) as running:
            began = time.perf_counter()
            with Observer(running.broker, "thermo") as observer:
                told = ({"i": n, "p": "temperature", "v": value, "u": "Cel", "a": at} for n, (at, value) in enumerate(readings))  # fmt: skip  # noqa: E501
                observer.observe([ENTITY], told, batch=256, outstanding_max=8192)
            with Asker(running.broker, "kiosk") as asker:
                count = _until_settled(data, asker)
                seconds = time.perf_counter() - began
                right, error = _asked(asker, readings, now, days)
        store, ledger = megabytes(data / "store"), megabytes(data / "ledger.sqlite3")
        return Kept(len(readings), seconds, count, store, ledger, right, error)


def _readings(now: float, days: int, every_s: float, seed: int) -> Iterator[Reading]:
    """A year's and a day's wave with noise."""
    chance = Random(seed)
    at = now - days * DAY_S
    while at < now:
        wave = 10 * math.sin(2 * math.pi * at / (365 * DAY_S)) + 5 * math.sin(2 * math.pi * at / DAY_S)
        yield round(at, 1), round(12 + wave + chance.gauss(0, 1), 2)
        at += every_s


def _until_settled(data: Path, asker: Asker) -> int:
    """How many memories are left once nothing is due and their number stays the same."""
    ledger = sqlite3.connect(f"file:{data / 'ledger.sqlite3'}?mode=ro", uri=True)
    last = -1
    until = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < until:
        (due,) = ledger.execute("SELECT count(*) FROM due WHERE ends < ?", (time.time() - 10,)).fetchone()
        count = int(asker.ask(ENTITY, {"op": "stats"})[0]["n"])
        if not due and count == last:
            ledger.close()
            return count
        last = count
        time.sleep(5)
    raise TimeoutError("a year was not condensed in time")


def _asked(asker: Asker, readings: Sequence[Reading], now: float, days: int) -> tuple[dict[str, bool], float]:
    """Lowest, mean, highest and count of last week, last month and last year, beside brute force.

    In words, too, by a zone whose days are not those of UTC, beside what there was in the time that is told.
    """
    right: dict[str, bool] = {}
    error = 0.0
    for name, length in (("last week", 7), ("last month", 30), ("last year", 365)):
        if length > days:
            continue
        since = math.ceil((now - length * DAY_S) / DAY_S) * DAY_S
        until = now // DAY_S * DAY_S - 0.001
        said = [value for at, value in readings if since <= at <= until]
        request = {"q": "how warm was the kitchen?", "f": since, "e": until}
        [answer] = asker.ask(ENTITY, request)[0].get("r", [{}])
        mean = math.fsum(said) / len(said)
        error = max(error, abs(answer.get("r", math.inf) - mean) / abs(mean))
        right[name] = _is_right(answer, said)
        reply = asker.ask(ENTITY, {"q": f"how warm was the kitchen {name}?", "y": ZONE})[0]
        [read], [answer] = reply["w"], reply.get("r", [{}])
        # Calendar periods of the zone, of which the readings may hold a part or none.
        if any(read["f"] <= at <= read["e"] for at, _ in readings):
            said = [value for at, value in readings if answer.get("f", now) <= at <= answer.get("g", 0)]
            right[f"{name}, {ZONE}"] = bool(said) and _is_right(answer, said)
    return right, error


def _is_right(answer: Mapping[str, Any], said: Sequence[float]) -> bool:
    """Whether lowest, highest and count are those of all there were."""
    return (answer.get("l"), answer.get("h"), answer.get("n")) == (min(said), max(said), len(said))


def rows() -> list[tuple[str, str, str]]:
    """Of a year, and of a month at two rates."""
    year = measure(365, 450, seed=1)
    slow, fast = measure(30, 150, seed=2), measure(30, 60, seed=3)
    scaled = "one sensor's year for ten's, every 450 s for 10"
    told = [
        (f"{scaled}: {year.sent:,} readings, memories kept", year, f"≤ {year.memories_max:,}"),
        (f"its month, every 150 s: {slow.sent:,} readings", slow, f"≤ {slow.memories_max:,}"),
        (f"its month, every 60 s: {fast.sent:,} readings", fast, f"≤ {slow.memories + UNCONDENSED_MAX:,}"),
    ]
    shown = [(what, kept.told, f"{bar} in {kept.room_max}") for what, kept, bar in told]
    answered = sum(sum(kept.right.values()) for _, kept, _ in told)
    asked = sum(len(kept.right) for _, kept, _ in told)
    error = max(kept.mean_error for _, kept, _ in told)
    return [
        *shown,
        ("lowest, highest, count of last week, month, year, right", f"{answered} of {asked}", "all"),
        ("largest error of their means", f"{100 * error:.4f} %", "≤ 1 %"),
    ]


if __name__ == "__main__":
    print(json.dumps(rows(), indent=1))
