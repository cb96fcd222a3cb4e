"""Doors, windows, lights, locks and people: what is in one state until it changes."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.home.days import DAYS, at, is_weekend
from bench.home.diary import Diary

PEOPLE = ("ana", "ben", "mia")


@dataclass(frozen=True, slots=True)
class Switch:
    """What has two states: who reports it, of where, under which attribute, and how the two are said."""

    device: str
    place: str
    attribute: str
    states: tuple[str, str]
    times_a_day: tuple[int, int]
    texts: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """None: a plain reading."""


SWITCHES = (
    Switch("contact-front", "hall", "front_door", ("open", "closed"), (4, 8)),
    Switch("contact-garden", "garden", "garden_door", ("open", "closed"), (1, 4), (
        ("The door to the garden has been opened", "Garden exit opened", "Somebody went out through the patio door"),
        ("The door to the garden was shut again", "Patio door pulled to", "Garden exit closed"),
    )),
    Switch("contact-bedroom", "bedroom", "window", ("open", "closed"), (1, 2)),
    Switch("contact-bathroom", "bathroom", "window", ("open", "closed"), (1, 3)),
    Switch("light-kitchen", "kitchen", "light", ("on", "off"), (2, 4)),
    Switch("light-living-room", "living-room", "light", ("on", "off"), (1, 3)),
    Switch("light-garden", "garden", "light", ("on", "off"), (0, 2)),
    Switch("garage", "hall", "garage_door", ("open", "closed"), (1, 3), (
        ("Garage going up", "The car gate was raised", "Garage opened by remote"),
        ("Garage down again", "The car gate was lowered", "Garage shut itself after ten minutes"),
    )),
    Switch("plug-heater", "bathroom", "heater", ("on", "off"), (0, 2)),
)  # fmt: skip


def switch(diary: Diary) -> None:
    """A month of changes of state, and who was at home."""
    for each in SWITCHES:
        for day in range(1, DAYS + 1):
            _turn(diary, each, _moments(diary, each, day), day)
    for day in range(1, DAYS + 1):
        for person in PEOPLE:
            _leave_and_return(diary, person, day)
        _arm(diary, day)


def _moments(diary: Diary, each: Switch, day: int) -> Iterable[float]:
    times = diary.chance.randint(*each.times_a_day)
    # The last evening stays open at times: else every question of state had one answer.
    hours = sorted(diary.chance.sample([7 + step / 4 for step in range(56)], times * 2))
    left_open = day == DAYS and hours and diary.chance.random() < 0.4
    return hours[:-1] if left_open else hours


def _turn(diary: Diary, each: Switch, moments: Iterable[float], day: int) -> None:
    for number, hour in enumerate(moments):
        state = number % 2
        texts = each.texts[state] if each.texts else None
        kind = {"kind": "event"} if texts else {}
        diary.note(
            each.device, each.place, at(day, hour), f"{each.device} {each.states[state]}", texts,
            value=each.states[state], attribute=each.attribute, **kind,
        )  # fmt: skip


def _leave_and_return(diary: Diary, person: str, day: int) -> None:
    if is_weekend(day) and diary.chance.random() < 0.5:
        return
    left = diary.chance.uniform(7.2, 9.0) if not is_weekend(day) else diary.chance.uniform(10, 13)
    back = left + diary.chance.uniform(4, 10)
    name = person.capitalize()
    out = (
        f"{name} left the house",
        f"{name} went out",
        f"{name} is away",
        f"{name}'s phone lost the home network",
    )
    home = (
        f"{name} came back",
        f"{name} is in again",
        f"{name} returned",
        f"{name}'s phone joined the home network",
    )
    phone = f"phone-{person}"
    diary.note(
        phone, person, at(day, left), f"{person} away", out, value="away", attribute="presence", kind="event"
    )
    diary.note(
        phone, person, at(day, back), f"{person} home", home, value="home", attribute="presence", kind="event"
    )


def _arm(diary: Diary, day: int) -> None:
    for hour, state in (
        (diary.chance.uniform(6, 7), "disarmed"),
        (diary.chance.uniform(22.5, 23.9), "armed"),
    ):
        person = diary.chance.choice(("Ana", "Ben"))
        texts = (
            f"Alarm {state} by {person}",
            f"{person} {state} the alarm",
            f"Burglar alarm {state} ({person}'s code)",
        )
        diary.note(
            "alarm",
            "hall",
            at(day, hour),
            f"alarm {state}",
            texts,
            value=state,
            attribute="alarm",
            kind="event",
        )
