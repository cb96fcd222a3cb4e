"""What readings answer, each as one line of a context. Pure.

kitchen temperature, last night: 19.8 to 24.1 °C, mean 21.4 (2,160 readings); highest

Where summaries are all that is left, and their days are not the asker's, it says of which time it tells:

kitchen temperature, last year (from 1 Jan 2023 01:00 to 1 Jan 2024 01:00): …
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from memory.asking import Aggregate
from memory.figures import Figure
from memory.moments import day_and_clock
from schemas.one_line import one_line
from schemas.reading_words import reading_words

_MEAN_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """What is said, and whether the time of the proof belongs to it."""

    content: str
    dated: bool = True


def reading_lines(measured: Sequence[Figure], zone: tzinfo | None = None) -> dict[str, ReadingLine]:
    """By the memory that proves it, which the line cites; how a thing stands, its newest memory says.

    Times are of a zone; without one they are UTC and say so.
    """
    told = [each for each in measured if each.event or each.asked is not Aggregate.LAST]
    named = Counter((each.entity, each.attribute) for each in measured)
    return {
        each.proof.id: _line(each, zone, by_device=named[each.entity, each.attribute] > 1)
        for each in reversed(told)
    }


def _line(measured: Figure, zone: tzinfo | None, *, by_device: bool) -> ReadingLine:
    if measured.attribute is None:
        subject = measured.proof.text
    else:
        subject = reading_words(measured.entity, measured.attribute, None, None)
    device = f" ({measured.device})" if by_device and measured.device else ""
    words = f", {measured.words}" if measured.words else ""
    told = f" ({_bounds(measured, zone)})" if measured.snapped else ""
    is_dated = measured.asked is not Aggregate.MEAN and measured.count != 0
    return ReadingLine(one_line(f"{subject}{device}{words}{told}: {_said(measured)}"), is_dated)


def _bounds(measured: Figure, zone: tzinfo | None) -> str:
    """From when to when; a time ends a moment before the next begins."""
    ends = (("from", measured.since), ("to", measured.until))
    utc = "" if zone else " UTC"
    return " ".join(
        f"{word} {' '.join(day_and_clock(round(at), zone))}{utc}" for word, at in ends if at is not None
    )


def _said(measured: Figure) -> str:
    """What was found; the time of the proof, where it belongs, follows it."""
    readings = _times(measured.count, "reading")
    state = f" {measured.target}" if measured.target else ""
    said = {
        Aggregate.MIN: lambda: f"lowest {_value(measured, measured.low)} of {readings}",
        Aggregate.MAX: lambda: f"highest {_value(measured, measured.high)} of {readings}",
        Aggregate.MEAN: lambda: f"mean {_value(measured, measured.mean)} of {readings}",
        Aggregate.SPAN: lambda: f"{_span(measured)} ({readings}); {_which(measured)}",
        Aggregate.COUNT: lambda: (
            f"{_times(measured.count, 'time')}{state}{', last' if measured.count else ''}"
        ),
        Aggregate.FIRST: lambda: f"first{state}",
        Aggregate.LAST: lambda: f"last{state}",
    }
    return said[measured.asked]()


def _times(count: int | None, what: str) -> str:
    return f"{count or 0:,} {what}{'' if count == 1 else 's'}"


def _span(measured: Figure) -> str:
    low, high = _number(measured.low), _value(measured, measured.high)
    mean = "" if measured.mean is None else f", mean {_number(measured.mean)}"
    return f"{low} to {high}{mean}"


def _which(measured: Figure) -> str:
    return "lowest" if measured.value == measured.low != measured.high else "highest"


def _value(measured: Figure, value: float | str | None) -> str:
    rounded = round(value, _MEAN_DECIMALS) if value == measured.mean and isinstance(value, float) else value
    return reading_words("", None, rounded, measured.proof.unit)


def _number(number: float | None) -> str:
    return reading_words("", None, None if number is None else round(number, _MEAN_DECIMALS), None)
