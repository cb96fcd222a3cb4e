"""How a series is said in words, for its summary's text. Pure.

`kitchen temperature 21.4 °C mean, 19.8 to 24.1, rising, 6 h, 2,160 readings`;
`hall door open 12 times, 1 h 4 min in all, last at 2026-03-01 21:14 UTC, 24 readings`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import floor, log10

from memory.measured import Beyond, Held, Measured
from schemas.reading_words import reading_words

VALUES_SAID_MAX = 3
"""Texts that are said with their times: those that held longest. The structured fields have all."""
DIGITS_OF_RANGE = 2
"""From least to most; a mean that is more exact than the day was wide says nothing."""
_WRITTEN_OUT_MAX = 1e12
_DECIMALS_MAX = 9
_DIGITS_MAX = 12
"""Of larger numbers, and where the range needs more decimals, so many digits are said, as of any reading."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def series_words(entity: str, attribute: str | None, unit: str | None, measured: Measured) -> str:
    """What a summary of readings says."""
    said = _numbers(entity, attribute, unit, measured)
    of_what = ("", None) if said else (entity, attribute)
    if values := _values(*of_what, measured.values):
        said.append("; ".join(values))
    said.append(_counted(measured.count, "reading"))
    return ", ".join(said)


def duration_words(seconds: float) -> str:
    """`45 s`, `12 min`, `1 h 4 min`, `3 d 4 h`: two units, for more is false precision."""
    if seconds < 2 * _MINUTE_S:
        return f"{round(seconds)} s"
    if seconds < 2 * _DAY_S - _MINUTE_S / 2:
        return _two(round(seconds / _MINUTE_S), 60, "h", "min")
    return _two(round(seconds / _HOUR_S), 24, "d", "h")


def _two(count: int, of_one: int, large: str, small: str) -> str:
    parts = ((count // of_one, large), (count % of_one, small))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _numbers(entity: str, attribute: str | None, unit: str | None, measured: Measured) -> list[str]:
    if measured.mean is None or measured.min is None or measured.max is None:
        return []
    least, most = float(measured.min), float(measured.max)
    decimals = _decimals(least, most)
    mean = reading_words(entity, attribute, _rounded(measured.mean, decimals), unit)
    said = [mean] if least == most else [
        f"{mean} mean", f"{_rounded(least, decimals)} to {_rounded(most, decimals)}"
    ]  # fmt: skip
    if measured.trend is not None:
        said.append(measured.trend)
    said += [words for each in measured.beyond if (words := _beyond(each, unit))]
    if measured.until > measured.since:
        said.append(duration_words(measured.until - measured.since))
    return said


def _beyond(beyond: Beyond, unit: str | None) -> str | None:
    """The side on which it was less often, for that is what somebody set a threshold for."""
    side, seconds = min(("above", beyond.above_s), ("below", beyond.below_s), key=lambda each: each[1])
    if seconds < 1:
        return None
    threshold = reading_words("", None, beyond.threshold, unit)
    return f"{side} {threshold} for {duration_words(seconds)}"


def _values(entity: str, attribute: str | None, held: Sequence[Held]) -> list[str]:
    """The rarest of the told first, with what it is of; of true and false only the true."""
    told = [each for each in held if each.value is not None][:VALUES_SAID_MAX]
    flags = [each for each in told if isinstance(each.value, bool)]
    if flags and not any(each.value for each in flags):
        return [reading_words(entity, attribute or "true", "never", None)]
    rarest = sorted((each for each in told if each.value is not False), key=lambda each: each.held_s)
    return [
        reading_words("" if place else entity, _named(None if place else attribute, each), _held(each), None)
        for place, each in enumerate(rarest)
    ]


def _named(attribute: str | None, held: Held) -> str:
    """`door open`, of a text; of true the attribute alone."""
    if held.value is True:
        return attribute or "true"
    return f"{attribute} {held.value}" if attribute else str(held.value)


def _held(held: Held) -> str:
    long = duration_words(held.held_s)
    if held.turned is None:
        return f"as before, {long}"
    when = f"{datetime.fromtimestamp(int(held.turned), UTC):%Y-%m-%d %H:%M} UTC"
    if held.times == 1:
        return f"once, {long}, at {when}"
    return f"{_counted(held.times, 'time')}, {long} in all, last at {when}"


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def _decimals(least: float, most: float) -> int | None:
    """So many that the range shows DIGITS_OF_RANGE digits; None: of no width, each is said as it was."""
    if least == most:
        return None
    # Past the largest number, a width is infinite.
    return max(0, DIGITS_OF_RANGE - 1 - floor(log10(min(most - least, _WRITTEN_OUT_MAX))))


def _rounded(value: float, decimals: int | None) -> str:
    if decimals is None or decimals > _DECIMALS_MAX or abs(value) >= _WRITTEN_OUT_MAX:
        return f"{value:.{_DIGITS_MAX}g}"
    return f"{round(value, decimals) + 0.0:.{_DIGITS_MAX}g}"  # so that nothing is -0
