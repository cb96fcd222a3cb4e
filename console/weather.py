"""A weather station and a thermometer: rows of their records in, observations out. Pure.

Recall finds meaning and cannot sort by number, so what may be asked for has to be said in words when it is
observed. The station's rules:

- the record's kind of weather is the first verb: "It snowed on …";
- a day whose mean wind is of force 5 on Beaufort's scale (8 m/s) or more is "one of the windiest days";
- a high of 30 °C or more is "very hot", one of 0 °C or less "freezing cold";
- a high of 25 °C or more above every earlier one of its year is "the hottest day of … so far".

What can be counted on exactly goes into tags (`weather=snow`, `wind=5`, `record=hottest`) and `meta`.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from schemas.observation import Observation

SKY = {
    "drizzle": "It drizzled",
    "fog": "It was foggy",
    "rain": "It rained",
    "snow": "It snowed",
    "sun": "It was sunny",
}
BEAUFORT_M_S = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)
"""The mean wind from which on force 1, 2, 3 … blows."""
WINDIEST_FORCE = 5
VERY_HOT_C = 30.0
FREEZING_C = 0.0
NEWS_C = 25.0

NOON = time(12, tzinfo=UTC)
"""When a day is said to be observed. The records name no zone; in UTC a day that is shown is their day."""


@dataclass(frozen=True, slots=True)
class Day:
    """A row of the station's record."""

    on: date
    precipitation_mm: float
    high_c: float
    low_c: float
    wind_m_s: float
    weather: str


@dataclass(frozen=True, slots=True)
class Hour:
    """A row of the thermometer's record."""

    at: datetime
    celsius: float


def days(record: str) -> Iterator[Day]:
    """The rows of `date,precipitation,temp_max,temp_min,wind,weather`."""
    for row in csv.DictReader(record.splitlines()):
        yield Day(
            date.fromisoformat(row["date"].replace("/", "-")),
            float(row["precipitation"]),
            float(row["temp_max"]),
            float(row["temp_min"]),
            float(row["wind"]),
            row["weather"],
        )


def hours(record: str) -> Iterator[Hour]:
    """The rows of `date,temp`, whose temperatures are Fahrenheit."""
    for row in csv.DictReader(record.splitlines()):
        at = datetime.fromisoformat(row["date"].replace("/", "-")).replace(tzinfo=UTC)
        yield Hour(at, round((float(row["temp"]) - 32) / 1.8, 1))


def station_observations(record: Iterable[Day]) -> Iterator[Observation]:
    """One observation a day, oldest first: the station knows of each year's hottest day so far."""
    hottest: dict[int, float] = {}
    for day in record:
        is_record = day.high_c >= NEWS_C and day.high_c > hottest.get(day.on.year, day.high_c - 1)
        hottest[day.on.year] = max(day.high_c, hottest.get(day.on.year, day.high_c))
        yield _of_day(day, is_record=is_record)


def thermometer_observation(hour: Hour) -> Observation:
    """A plain reading: no words, for the memory says it in its own."""
    return Observation(
        id=hour.at.strftime("%Y-%m-%dT%H"),
        value=hour.celsius,
        unit="Cel",
        attribute="temperature",
        at=hour.at.timestamp(),
    )


def beaufort(wind_m_s: float) -> int:
    """The force on Beaufort's scale."""
    return sum(wind_m_s >= least for least in BEAUFORT_M_S)


def in_words(day: Day, *, is_record: bool) -> str:
    """What a person would say of the day, in sentences that recall finds."""
    said = []
    if is_record:
        said.append(f"The hottest day of {day.on.year} so far.")
    if beaufort(day.wind_m_s) >= WINDIEST_FORCE:
        said.append("One of the windiest days.")
    measured = [
        *(["very hot"] if day.high_c >= VERY_HOT_C else []),
        *(["freezing cold"] if day.high_c <= FREEZING_C else []),
        *([f"{day.precipitation_mm:g} mm of precipitation"] if day.precipitation_mm else []),
        f"high {day.high_c:g} °C",
        f"low {day.low_c:g} °C",
        f"wind {day.wind_m_s:g} m/s",
    ]
    said.append(f"{SKY[day.weather]} on {day.on.day} {day.on:%B %Y}: {', '.join(measured)}.")
    return " ".join(said)


def _of_day(day: Day, *, is_record: bool) -> Observation:
    tags = [f"weather={day.weather}", f"wind={beaufort(day.wind_m_s)}"]
    return Observation(
        id=day.on.isoformat(),
        text=in_words(day, is_record=is_record),
        value=day.high_c,
        unit="Cel",
        attribute="high",
        kind="event",  # it has a value, and yet it is a day in words
        at=datetime.combine(day.on, NOON).timestamp(),
        tags=[*tags, "record=hottest"] if is_record else tags,
        meta={"precipitation_mm": day.precipitation_mm, "low_c": day.low_c, "wind_m_s": day.wind_m_s},
    )
