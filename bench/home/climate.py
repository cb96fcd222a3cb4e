"""What sensors measure by the half-hour: plain readings without words."""

import math
from collections.abc import Callable

from bench.home.days import DAYS, at
from bench.home.diary import Diary

STEP_H = 0.5
DECIMALS = 3
"""So fine that an extreme stands alone, as that of a drifting sensor does."""

ROOMS = {"kitchen": 21.0, "living-room": 21.5, "bedroom": 18.5, "bathroom": 22.5, "hall": 19.0}
"""The mean temperature of each, °C."""


def measure(diary: Diary) -> None:
    """A month of weather and of the air indoors."""
    outside = _outside(diary)
    for room, mean in ROOMS.items():
        _series(
            diary, f"thermo-{room}", room, "temperature", unit="Cel", level=_indoors(diary, mean, outside)
        )
        _series(
            diary,
            f"thermo-{room}",
            room,
            "humidity",
            unit="%",
            level=_humid(diary, 8.0 if room == "bathroom" else 3.0),
        )
    _series(diary, "weather-garden", "garden", "temperature", unit="Cel", level=outside)
    _series(diary, "weather-garden", "garden", "humidity", unit="%", level=_humid(diary, 6.0, mean=78.0))
    _series(diary, "weather-garden", "garden", "wind_speed", unit="km/h", level=_wind(diary), step_h=1.0)
    _series(diary, "weather-garden", "garden", "illuminance", unit="lx", level=_light(diary), step_h=1.0)
    _series(diary, "air-bedroom", "bedroom", "co2", unit="[ppm]", level=_breathed(diary))
    _series(diary, "plug-tv", "living-room", "tv_power", unit="W", level=_watched(diary), step_h=1.0)
    _series(diary, "plant-ficus", "living-room", "soil_moisture", unit="%", level=_drying(diary), step_h=6.0)


def _series(
    diary: Diary,
    device: str,
    place: str,
    attribute: str,
    *,
    unit: str,
    level: Callable[[int, float], float],
    step_h: float = STEP_H,
) -> None:
    offset_h = diary.chance.uniform(0.0, 0.2)
    for day in range(1, DAYS + 1):
        for step in range(round(24 / step_h)):
            hour = step * step_h + offset_h
            value = round(level(day, hour), DECIMALS)
            diary.note(device, place, at(day, hour), attribute, value=value, unit=unit, attribute=attribute)


def _outside(diary: Diary) -> Callable[[int, float], float]:
    """Autumn: a random walk from day to day that falls, warmest in the afternoon."""
    means, mean = [], 13.0
    for _ in range(DAYS):
        mean += diary.chance.gauss(-0.2, 1.6)
        means.append(min(18.0, max(2.0, mean)))
    swing = [diary.chance.uniform(1.5, 5.0) for _ in range(DAYS)]

    def level(day: int, hour: float) -> float:
        daily = swing[day - 1] * math.cos((hour - 15.0) / 24.0 * math.tau)
        return means[day - 1] + daily + diary.chance.gauss(0, 0.15)

    return level


def _indoors(
    diary: Diary, mean: float, outside: Callable[[int, float], float]
) -> Callable[[int, float], float]:
    def level(day: int, hour: float) -> float:
        heated = 1.0 if 6 <= hour < 9 or 17 <= hour < 22 else -0.8
        return mean + heated + 0.08 * (outside(day, hour) - 10.0) + diary.chance.gauss(0, 0.2)

    return level


def _humid(diary: Diary, spread: float, mean: float = 52.0) -> Callable[[int, float], float]:
    days = [diary.chance.gauss(mean, spread) for _ in range(DAYS)]
    return lambda day, _hour: min(99.0, max(20.0, days[day - 1] + diary.chance.gauss(0, 2.0)))


def _wind(diary: Diary) -> Callable[[int, float], float]:
    days = [diary.chance.gammavariate(3.0, 4.0) for _ in range(DAYS)]
    return lambda day, _hour: max(0.0, days[day - 1] + diary.chance.gauss(0, 3.0))


def _light(diary: Diary) -> Callable[[int, float], float]:
    days = [diary.chance.uniform(6_000, 30_000) for _ in range(DAYS)]

    def level(day: int, hour: float) -> float:
        height = math.sin((hour - 7.5) / 10.5 * math.pi) if 7.5 < hour < 18 else 0.0
        return days[day - 1] * height * diary.chance.uniform(0.7, 1.0)

    return level


def _breathed(diary: Diary) -> Callable[[int, float], float]:
    def level(_day: int, hour: float) -> float:
        asleep_h = hour + 1.0 if hour < 7 else 0.0
        return 480 + 70 * asleep_h + diary.chance.gauss(0, 40)

    return level


def _watched(diary: Diary) -> Callable[[int, float], float]:
    evenings = [diary.chance.random() < 0.7 for _ in range(DAYS)]
    return lambda day, hour: (
        diary.chance.gauss(95.0, 6.0)
        if evenings[day - 1] and 20 <= hour < 23
        else diary.chance.uniform(0.4, 1.2)
    )


def _drying(diary: Diary) -> Callable[[int, float], float]:
    """Watered on Sundays (the 5th, the 12th, …), and drier each day after."""
    return lambda day, hour: 62 - 4.5 * ((day - 5) % 7 + hour / 24) + diary.chance.gauss(0, 0.8)
