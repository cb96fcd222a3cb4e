"""Which memories are condensed together into one summary, and when that is due. Pure: times come in.

A portion is a series' hour, day or month in UTC, a session, or what an entity's other texts are of one day.
(A *window* is what the words of a question name.)
"""

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from memory.records import Memory
from schemas.fixed import fixed
from schemas.identity import by_portion

Period = Literal["hour", "day", "month", "session"]
PERIODS: tuple[Period, ...] = get_args(Period)
SUMMARY = "summary"
"""A kind: what a device sends so is condensed already."""
_json = json.JSONEncoder(separators=(",", ":")).encode
"""Made once: `json.dumps` makes an encoder for each call that says how."""
_ABOVE: dict[Period, Period] = {"hour": "day", "day": "month"}

STABLE_KINDS = frozenset({"preference", "fact", "config", "goal", "routine", "note"})
"""What is true for long: it stays as it is and the profile tells it, so no day has to be condensed for it."""


@dataclass(frozen=True, slots=True)
class Span:
    """From start (within) to end (not within), epoch seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Portion:
    """What one summary is made of: a device's readings of an attribute, a session's texts, or a day's."""

    tenant: str
    entity: str
    period: Period
    start: int = 0
    """Epoch seconds; a session has no bounds known beforehand, so 0."""
    device: str | None = None
    """Of a series; None: texts."""
    attribute: str | None = None
    session: str | None = None

    @property
    def is_series(self) -> bool:
        """Whether it is of readings, not of texts."""
        return self.device is not None

    @property
    def key(self) -> str:
        """As text, for a key in a database; `portion_of` reads it back."""
        of = [self.tenant, self.entity, self.period, self.start, self.device, self.attribute, self.session]
        return _json(of)

    @property
    def summary_id(self) -> str:
        """Of its summary: the same however often it is made, so that it replaces itself."""
        return by_portion(self.key)

    @property
    def span(self) -> Span | None:
        """When it begins and ends; None: a session, which ends with silence."""
        if self.period == "session":
            return None
        return Span(self.start, _next(self.start, self.period))

    @property
    def above(self) -> "Portion | None":
        """The portion that is made of this one's summary and its like; texts have none."""
        period = _ABOVE.get(self.period) if self.is_series else None
        if period is None:
            return None
        start = _start(self.start, period)
        return Portion(self.tenant, self.entity, period, start, self.device, self.attribute)


def below(portion: Portion) -> list[Portion]:
    """The portions that one of a series is made of, in their order: a day's hours, a month's days."""
    smaller = next((period for period, above in _ABOVE.items() if above == portion.period), None)
    if smaller is None or portion.span is None:
        return []
    starts = range(portion.start, int(portion.span.end), 3600 if smaller == "hour" else 86_400)
    return [replace(portion, period=smaller, start=start) for start in starts]


@fixed
class Arrivals:
    """What came for a portion since it was condensed last, by our own clock (epoch seconds)."""

    count: int
    oldest: float
    newest: float


@dataclass(frozen=True, slots=True)
class Pace:
    """When a portion is ripe; each default with its reason."""

    grace_s: float = 300.0
    """After a period's end, without anything new for it: devices send late what they kept."""
    silence_s: float = 1800.0
    """Of a session: who comes back after half an hour begins another talk."""
    count: int = 200
    """New ones of a session: more than one summary can tell."""
    age_s: float = 86_400.0
    """Since the oldest new one came (or the period ended): what trickles in for ever is told, too."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming what cannot be."""
        for each in fields(self):
            if getattr(self, each.name) <= 0:
                raise ValueError(f"{each.name}: must be above 0")


def portion_of(key: str) -> Portion:
    """The portion whose key this is."""
    return Portion(*json.loads(key))


def portions_of(memory: Memory) -> tuple[Portion, ...]:
    """Those that a memory is in, the smallest first; each is made of the one before it.

    What is a summary already is in none, and neither is what is stable and of no session, nor what has a time
    to live: nothing may tell of it that lives longer.
    """
    if memory.tier == "summary" or memory.kind == SUMMARY or memory.expires is not None:
        return ()
    if memory.value is not None and memory.kind not in STABLE_KINDS:
        hour = Portion(
            memory.tenant, memory.entity, "hour", _start(memory.at, "hour"), memory.device, memory.attribute
        )
        return tuple(_levels(hour))
    if memory.session is not None:
        return (Portion(memory.tenant, memory.entity, "session", session=memory.session),)
    if memory.kind in STABLE_KINDS:
        return ()
    return (Portion(memory.tenant, memory.entity, "day", _start(memory.at, "day")),)


def portion_told(summary: Memory) -> Portion | None:
    """The portion that a summary is of; None: it is of none, or none of ours."""
    period = next((each for each in PERIODS if each in summary.tags), None)
    if period is None or summary.tier != "summary":
        return None
    of = Portion(
        summary.tenant, summary.entity, period, 0 if period == "session" else _start(summary.at, period)
    )
    if period == "session":
        of = replace(of, session=summary.session)
    elif summary.measured is not None:
        of = replace(of, device=summary.device, attribute=summary.attribute)
    return of if of.summary_id == summary.id else None


def span_at(at: float, period: Period) -> Span:
    """The hour, day or month in UTC that an instant is in."""
    start = _start(at, period)
    return Span(start, _next(start, period))


def is_ripe(portion: Portion, arrived: Arrivals, now: float, pace: Pace) -> bool:
    """Whether a portion is to be condensed now; nothing new came: never."""
    if arrived.count == 0:
        return False
    silence_s = now - arrived.newest
    if portion.span is None:
        return (
            silence_s >= pace.silence_s
            or arrived.count >= pace.count
            or now - arrived.oldest >= pace.age_s
        )  # fmt: skip
    over_s = now - portion.span.end
    return over_s >= pace.grace_s and (
        silence_s >= pace.grace_s or min(over_s, now - arrived.oldest) >= pace.age_s
    )


def _levels(portion: Portion) -> list[Portion]:
    levels = [portion]
    while (above := levels[-1].above) is not None:
        levels.append(above)
    return levels


def _start(at: float, period: Period) -> int:
    # Whole seconds first: microseconds are rounded, and may end up in the next hour.
    moment = datetime.fromtimestamp(int(at), UTC).replace(minute=0, second=0)
    if period != "hour":
        moment = moment.replace(hour=0)
    if period == "month":
        moment = moment.replace(day=1)
    return int(moment.timestamp())


def _next(start: int, period: Period) -> int:
    if period == "month":
        # Any month's first day and 31 more lie in the next month.
        return _start(start + timedelta(days=31).total_seconds(), "month")
    return start + (3600 if period == "hour" else 86_400)
