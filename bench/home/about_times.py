"""Questions of when, and of how often."""

from collections.abc import Iterator, Sequence

from bench.home.asking import EVIDENCE_MAX, WHENS, Asked, When, expect, of_day, some_day
from bench.home.days import day_of, ordinal, said, weekday
from bench.home.diary import Diary, Entry
from bench.home.incidents import INCIDENTS

LAST = (
    ("When did the washing machine last run?", "washing_machine running"),
    ("When was the laundry last ready?", "washing_machine finished"),
    ("When did the robot last get stuck?", "vacuum stuck"),
    ("When was the floor last swept?", "vacuum cleaning"),
    ("When did the doorbell last ring?", "doorbell"),
    ("When did we last get post?", "post"),
    ("When was Minka last fed?", "fed"),
    ("When did Ana last water the plants?", "watered Ana"),
    ("When did Ben last go out?", "ben away"),
    ("When did Mia last come home?", "mia home"),
    ("When was the garden door last opened?", "contact-garden open"),
    ("When did the front door last open?", "contact-front open"),
    ("When was the alarm last armed?", "alarm armed"),
    ("When did the garage last close?", "garage closed"),
    ("When were the dishes last washed?", "dishwasher"),
)
COUNTED = (
    ("How often did the doorbell ring {when}?", "doorbell"),
    ("How many times was the garden door opened {when}?", "contact-garden open"),
    ("How many times did the front door open {when}?", "contact-front open"),
    ("How often did the washing machine run {when}?", "washing_machine running"),
    ("How often did the vacuum clean {when}?", "vacuum cleaning"),
    ("How many times did post arrive {when}?", "post"),
    ("How often did Ana water the plants {when}?", "watered Ana"),
    ("How often did Ben leave the house {when}?", "ben away"),
    ("How many times was the garage opened {when}?", "garage open"),
    ("How often was the light in the kitchen switched on {when}?", "light-kitchen on"),
    ("How many times did the dishwasher run {when}?", "dishwasher"),
    ("How often did the vacuum get stuck {when}?", "vacuum stuck"),
)
COUNTS_EACH = 2
PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24)}
SECOND_WEEK = of_day("in the second week of October", 8, 0, 7 * 24)
FORTNIGHT = of_day("in the past two weeks", 17, 21.5, 15 * 24 - 2.5)


def questions(diary: Diary) -> Iterator[Asked]:
    """When last, when at all, what then, how often."""
    for text, mark in LAST:
        if found := diary.of(mark):
            yield Asked("time", text, found[-1:], expected=_expected_time(found[-1]))
    for incident in INCIDENTS:
        told = diary.of(f"incident {incident.name}")
        yield Asked("time", diary.chance.choice(incident.asked), told[:1])
    for incident in diary.chance.sample(INCIDENTS, 7):
        yield _what_happened(diary, diary.of(f"incident {incident.name}"))
    for text, mark in COUNTED:
        yield from _counts(diary, text, mark)


def _what_happened(diary: Diary, told: Sequence[Entry]) -> Asked:
    day = day_of(told[0].at)
    same_day = [each for each in told if day_of(each.at) == day]
    parts = [name for name, hours in PARTS.items() if _all_within(same_day, of_day("", day, *hours))]
    named = diary.chance.choice((said(day), f"{weekday(day)} the {ordinal(day)}", f"the {ordinal(day)}"))
    words = f"on the {parts[-1]} of {named}" if parts else f"on {said(day)}"
    return Asked("time", f"What special things happened {words}?", same_day)


def _all_within(entries: Sequence[Entry], when: When) -> bool:
    return all(when.since <= each.at <= when.until for each in entries)


def _counts(diary: Diary, text: str, mark: str) -> Iterator[Asked]:
    whens = [some_day(diary), SECOND_WEEK, FORTNIGHT, *WHENS]
    diary.chance.shuffle(whens)
    counted = ((when, diary.of(mark, when.since, when.until)) for when in whens)
    usable = [(when, found) for when, found in counted if 0 < len(found) <= EVIDENCE_MAX]
    for when, found in usable[:COUNTS_EACH]:
        yield Asked("count", text.format(when=when.words), found, expected=_expected(found, when))


def _expected(found: Sequence[Entry], when: When) -> dict[str, object]:
    if found[0].attribute is None:
        return {"values": {"count": len(found)}}
    return expect(found, when, count=len(found)) | {"state": found[0].value}


def _expected_time(last: Entry) -> dict[str, object] | None:
    if last.attribute is None:
        return None
    return expect([last], at=last.at) | {"state": last.value}
