"""Questions of measurements: how much it was, at least or most, in which place and time."""

from collections.abc import Iterator

from bench.home.asking import WHENS, Asked, When, expect, of_day, some_day
from bench.home.days import DAYS
from bench.home.diary import Diary

MEASURED = (
    ("How warm was the bedroom {when}?", "bedroom", "temperature", ("min", "max")),
    ("How cold did it get outside {when}?", "garden", "temperature", ("min",)),
    ("What was the highest temperature in the living room {when}?", "living-room", "temperature", ("max",)),
    ("How chilly was the hall {when} at worst?", "hall", "temperature", ("min",)),
    ("How humid was the bathroom {when}?", "bathroom", "humidity", ("min", "max")),
    ("How hot did the kitchen become {when}?", "kitchen", "temperature", ("max",)),
    ("How strong was the wind in the garden {when}?", "garden", "wind_speed", ("max",)),
    ("What was the worst CO2 level in the bedroom {when}?", "bedroom", "co2", ("max",)),
    ("How dry did the soil of the ficus get {when}?", "living-room", "soil_moisture", ("min",)),
    ("What was the peak power of the television {when}?", "living-room", "tv_power", ("max",)),
)
"""Question, place, attribute, and which extremes answer it."""
OF_THE_MONTH = (
    ("Which was the coldest day in the garden this month?", "garden", "temperature", "min"),
    ("On which day was it hottest outdoors this month?", "garden", "temperature", "max"),
    ("When was the wind at its strongest this month?", "garden", "wind_speed", "max"),
    ("Which day of the month was the brightest outside?", "garden", "illuminance", "max"),
    ("What was the dampest moment in the bathroom in October?", "bathroom", "humidity", "max"),
)
LAST_NIGHT = of_day("last night", 30, 18, 30)
"""As the clock of words has it: from six to six."""
YESTERDAY_EVENING = of_day("yesterday evening", 30, 17, 24)
MONTH = of_day("this month", 1, 0, DAYS * 24)


def questions(diary: Diary) -> Iterator[Asked]:
    """Of each measurement, some times; of the month, its extremes."""
    for number, (text, place, attribute, extremes) in enumerate(MEASURED):
        times = [LAST_NIGHT if number % 2 else YESTERDAY_EVENING, some_day(diary)]
        for when in [diary.chance.choice(WHENS), *times]:
            yield _asked(diary, text.format(when=when.words), place, attribute, when=when, extremes=extremes)
    for text, place, attribute, extreme in OF_THE_MONTH:
        yield _asked(diary, text, place, attribute, when=MONTH, extremes=(extreme,))


def _asked(
    diary: Diary, text: str, place: str, attribute: str, *, when: When, extremes: tuple[str, ...]
) -> Asked:
    series = diary.series(place, attribute, when.since, when.until)
    choose = {"min": min, "max": max}
    proofs = {name: choose[name](series, key=lambda each: each.value) for name in extremes}
    values = {name: proof.value for name, proof in proofs.items()}
    asked_of = "_all" if diary.chance.random() < 0.7 else place
    return Asked("readings", text, list(proofs.values()), asked_of, expect(series, when, **values))
