"""Records become observations whose words say what may be asked for, by the rules that the module states."""

from datetime import UTC, date, datetime

import pytest

from console.weather import (
    Day,
    beaufort,
    days,
    hours,
    in_words,
    station_observations,
    thermometer_observation,
)
from schemas.observation import Observation

DAYS = """date,precipitation,temp_max,temp_min,wind,weather
2012/01/15,5.3,1.1,-3.3,3.2,snow
2012/01/18,19.8,0.0,-2.8,5.0,snow
2012/12/17,2.0,8.3,1.7,9.5,rain
"""
HOURS = """date,temp
2010/01/01 00:00,39.4
2010/07/01 15:00,75.0
"""


def a_day(on: str = "2014-08-11", **changed: float | str) -> Day:
    row = {"precipitation_mm": 0.0, "high_c": 20.0, "low_c": 10.0, "wind_m_s": 2.0, "weather": "sun"}
    return Day(date.fromisoformat(on), **{**row, **changed})  # type: ignore[arg-type]


def leads(highs: list[tuple[str, float]]) -> list[str]:
    """The days of which the station says that they are the hottest so far."""
    observations = station_observations(a_day(on, high_c=high) for on, high in highs)
    return [str(each.id) for each in observations if (each.text or "").startswith("The hottest day of ")]


def test_reads_the_days() -> None:
    first, *others = days(DAYS)
    assert first == Day(date(2012, 1, 15), 5.3, 1.1, -3.3, 3.2, "snow")
    assert len(others) == 2


def test_reads_the_hours_and_turns_fahrenheit_into_celsius() -> None:
    assert [(hour.at, hour.celsius) for hour in hours(HOURS)] == [
        (datetime(2010, 1, 1, tzinfo=UTC), 4.1),
        (datetime(2010, 7, 1, 15, tzinfo=UTC), 23.9),
    ]


def test_an_hour_is_a_plain_reading() -> None:
    assert thermometer_observation(next(hours(HOURS))) == Observation(
        id="2010-01-01T00", value=4.1, unit="Cel", attribute="temperature", at=1262304000.0
    )


def test_a_day_carries_words_for_recall_and_numbers_for_filters() -> None:
    first = next(station_observations(days(DAYS)))
    assert first.text == (
        "It snowed on 15 January 2012: 5.3 mm of precipitation, high 1.1 °C, low -3.3 °C, wind 3.2 m/s."
    )
    assert (first.id, first.kind, first.value, first.unit) == ("2012-01-15", "event", 1.1, "Cel")
    assert first.tags == ["weather=snow", "wind=2"]
    assert first.meta == {"precipitation_mm": 5.3, "low_c": -3.3, "wind_m_s": 3.2}
    assert datetime.fromtimestamp(first.at or 0, UTC) == datetime(2012, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("drizzle", "It drizzled on 11 August 2014:"),
        ("fog", "It was foggy on "),
        ("rain", "It rained on "),
        ("snow", "It snowed on "),
        ("sun", "It was sunny on "),
    ],
)
def test_the_kind_of_weather_is_the_first_verb(weather: str, words: str) -> None:
    assert in_words(a_day(weather=weather), is_record=False).startswith(words)


@pytest.mark.parametrize(("wind_m_s", "said"), [(7.9, False), (8.0, True), (9.5, True)])
def test_from_force_5_on_a_day_is_one_of_the_windiest(wind_m_s: float, said: bool) -> None:  # noqa: FBT001
    assert ("One of the windiest days." in in_words(a_day(wind_m_s=wind_m_s), is_record=False)) is said


@pytest.mark.parametrize(
    ("high_c", "words"), [(0.0, "freezing cold, "), (0.1, ""), (29.9, ""), (30.0, "very hot, ")]
)
def test_heat_and_frost_are_said_at_their_bounds(high_c: float, words: str) -> None:
    said = in_words(a_day(high_c=high_c), is_record=False)
    assert said.startswith(f"It was sunny on 11 August 2014: {words}high {high_c:g} °C")


def test_a_dry_day_says_nothing_of_precipitation() -> None:
    assert "precipitation" not in in_words(a_day(), is_record=False)


def test_a_record_is_above_every_earlier_high_of_its_year() -> None:
    assert leads(
        [
            ("2013-06-01", 24.9),
            ("2013-06-02", 25.0),
            ("2013-06-03", 31.0),
            ("2013-06-04", 31.0),
            ("2013-06-05", 30.0),
            ("2014-01-01", 5.0),
            ("2014-06-01", 26.0),
        ]
    ) == ["2013-06-02", "2013-06-03", "2014-06-01"]


def test_a_record_is_tagged() -> None:
    [observation] = station_observations([a_day(high_c=35.6)])
    assert "record=hottest" in (observation.tags or [])
    assert (observation.text or "").startswith("The hottest day of 2014 so far. It was sunny")


@pytest.mark.parametrize(
    ("wind_m_s", "force"),
    [(0.2, 0), (0.3, 1), (1.6, 2), (3.4, 3), (5.4, 3), (5.5, 4), (8.0, 5), (10.8, 6), (32.7, 12), (60.0, 12)],
)
def test_forces_are_those_of_beauforts_scale(wind_m_s: float, force: int) -> None:
    assert beaufort(wind_m_s) == force
