"""What machines tell in words: the washing, the vacuum, the dishes, the heating."""

from bench.home.days import DAYS, at, is_weekend
from bench.home.diary import Diary

PROGRAMMES = ("cottons at 60", "delicates at 30", "quick wash", "wool", "towels at 90")
STUCK = ("under the sofa", "on the rug's fringe", "at the balcony sill", "in a charging cable")


def run(diary: Diary) -> None:
    """A month of what they did by themselves."""
    for day in range(1, DAYS + 1):
        for chore in (_wash, _vacuum, _wash_up, _heat):
            chore(diary, day)


def _wash(diary: Diary, day: int) -> None:
    if diary.chance.random() > (0.9 if is_weekend(day) else 0.35):
        return
    start, programme = diary.chance.uniform(8, 19), diary.chance.choice(PROGRAMMES)
    began = (
        f"Washer started: {programme}",
        f"Laundry begun, programme {programme}",
        f"Drum turning ({programme})",
    )
    ended = (
        f"Laundry is done ({programme})",
        f"Washer finished {programme}",
        f"Cycle complete: {programme}, drum can be emptied",
    )
    for hour, state, texts in ((start, "running", began), (start + 1.8, "finished", ended)):
        mark = f"washing_machine {state}"
        diary.note(
            "washer",
            "bathroom",
            at(day, hour),
            mark,
            texts,
            value=state,
            attribute="washing_machine",
            kind="event",
        )


def _vacuum(diary: Diary, day: int) -> None:
    if diary.chance.random() > 0.5:
        return
    start, minutes = diary.chance.uniform(9, 15), diary.chance.randint(25, 70)
    texts = (
        "Robo left its dock to clean the floor",
        "Robot is sweeping the ground floor",
        "Floor cleaning begins",
    )
    diary.note(
        "vacuum",
        "living-room",
        at(day, start),
        "vacuum cleaning",
        texts,
        value="cleaning",
        attribute="vacuum",
        kind="event",
    )
    if diary.chance.random() < 0.2:
        diary.note(
            "vacuum",
            "living-room",
            at(day, start + 0.2),
            "vacuum stuck",
            f"Robo is stuck {diary.chance.choice(STUCK)} and asks for help",
            kind="event",
        )
    ended = (
        f"Back at the dock after {minutes} minutes",
        f"Robo finished: {minutes} min, dust bin at {diary.chance.randint(20, 95)} percent",
    )
    diary.note(
        "vacuum",
        "living-room",
        at(day, start + minutes / 60),
        "vacuum docked",
        ended,
        value="docked",
        attribute="vacuum",
        kind="event",
    )


def _wash_up(diary: Diary, day: int) -> None:
    if diary.chance.random() < 0.6:
        texts = (
            "The plates are clean and dry",
            "Dishwasher: eco programme over",
            "Dishwasher has ended, please unload",
        )
        diary.note(
            "dishwasher",
            "kitchen",
            at(day, diary.chance.uniform(19, 23)),
            "dishwasher",
            texts,
            kind="event",
            attribute="dishwasher",
            value="finished",
        )


def _heat(diary: Diary, day: int) -> None:
    for hour, usual in ((6.0, 21.0), (22.0, 17.5)):
        target = usual + diary.chance.choice((-0.5, 0.0, 0.0, 0.5))
        texts = (
            f"Heating set to {target:g} degrees",
            f"Thermostat now aims for {target:g} degrees",
            f"New target: {target:g} °C",
        )
        diary.note(
            "thermostat",
            "living-room",
            at(day, hour),
            "target_temperature",
            texts,
            kind="config",
            attribute="target_temperature",
            value=target,
            unit="Cel",
        )
