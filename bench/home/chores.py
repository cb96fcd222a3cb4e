"""Who comes to the door, and what people and the cat get: told in words."""

from bench.home.days import DAYS, at, is_weekend
from bench.home.diary import Diary

SENDERS = ("DHL", "UPS", "a courier on a bike", "Hermes", "the postwoman")
ARRIVALS = ("a parcel", "a letter", "two envelopes", "a catalogue", "a postcard")
WATERED = (
    "{who} gave the ficus and the ferns a drink",
    "{who} watered the plants",
    "The houseplants got their water from {who}",
)


def keep_house(diary: Diary) -> None:
    """A month of visits, post, the cat's bowl and the plants."""
    for day in range(1, DAYS + 1):
        for chore in (_ring, _deliver, _feed, _water):
            chore(diary, day)


def _ring(diary: Diary, day: int) -> None:
    for _ in range(diary.chance.choice((0, 0, 1, 1, 1, 2, 3))):
        hour = diary.chance.uniform(9, 20)
        texts = (
            "Ding dong at the front",
            "Somebody pressed the bell",
            "Bell at the entrance",
            "A visitor is at the front door",
        )
        diary.note("doorbell", "hall", at(day, hour), "doorbell", texts, kind="event", tags=["doorbell"])


def _deliver(diary: Diary, day: int) -> None:
    if not is_weekend(day) and diary.chance.random() < 0.45:
        sender, what = diary.chance.choice(SENDERS), diary.chance.choice(ARRIVALS)
        texts = (
            f"{sender} left {what} in the letter box",
            f"Letter box: {what}, brought by {sender}",
            f"Flap moved: {sender} dropped {what}",
        )
        diary.note("mailbox", "hall", at(day, diary.chance.uniform(9, 14)), "post", texts, kind="event")


def _feed(diary: Diary, day: int) -> None:
    for hour in (7.0, 18.0):
        grams = diary.chance.choice((25, 30, 35))
        texts = (
            f"Feeder gave Minka {grams} g",
            f"{grams} grams of kibble for the cat",
            f"Minka's bowl filled with {grams} g",
        )
        diary.note(
            "feeder",
            "kitchen",
            at(day, hour + diary.chance.uniform(0, 0.3)),
            "fed",
            texts,
            kind="event",
            attribute="cat_food",
            value=grams,
            unit="g",
        )


def _water(diary: Diary, day: int) -> None:
    if diary.chance.random() < 0.35:
        who = diary.chance.choice(("Ana", "Ben", "Mia"))
        texts = [each.format(who=who) for each in WATERED]
        diary.note(
            "kiosk-1",
            "living-room",
            at(day, diary.chance.uniform(17, 20)),
            f"watered {who}",
            texts,
            kind="event",
        )
