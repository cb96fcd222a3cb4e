"""memory/digesting.py"""

import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.codec import Encoding, decode, encode
from memory import digesting
from memory.digest_entries import FIELDS
from memory.digesting import Room, Told
from memory.measuring import Reading, measured
from memory.policy_file import SUMMARY_BYTES_MAX, SUMMARY_BYTES_MIN
from memory.portions import Span
from memory.records import Memory
from schemas.digest import Digest, DigestState, Gist, PeriodDigest, Series

DAY = Span(1_772_323_200.0, 1_772_409_600.0)
AT = DAY.start + 3600.5

_serial = count()


def a_memory(text: str = "", **changes: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": f"{next(_serial):036}", "tenant": "t", "entity": "home7/ana", "device": "kiosk-1",
        "kind": "fact", "text": text, "at": AT, "received": AT,
    }  # fmt: skip
    return Memory(**(usual | changes))


def a_gist(text: str, **changes: Any) -> Memory:
    return a_memory(text, **{"kind": "summary", "tier": "summary", "session": "evening", **changes})


def a_state(attribute: str, value: Any, **changes: Any) -> Memory:
    return a_memory("said", **{"kind": "reading", "attribute": attribute, "value": value, **changes})


def room(bytes_max: int = 1024, encoding: Encoding = Encoding.MSGPACK) -> Room:
    return Room(bytes_max, lambda digest: len(written(digest, encoding)))


def written(digest: Digest | PeriodDigest, encoding: Encoding) -> bytes:
    return encode(digest.dump(short=encoding is Encoding.MSGPACK), encoding)


def latest(
    *known: Memory, states: Any = (), gists: Any = (), within: Room | None = None
) -> Told[Digest] | None:
    by_kind = {kind: [memory for memory in known if memory.kind == kind] for kind in FIELDS}
    return digesting.latest(by_kind, states, gists, within or room())


def digest(*known: Memory, **more: Any) -> Digest:
    told = latest(*known, **more)
    assert told is not None
    return told.digest


def test_nothing_known_is_no_digest() -> None:
    assert latest() is None
    assert digesting.of_period("day", DAY, [], room()) is None


def test_everything_that_fits_is_told_in_its_place() -> None:
    told = digest(
        a_memory("Ana is allergic to peanuts", importance=0.9),
        a_memory("Ana likes tea", kind="preference"),
        a_memory("Ana runs on Mondays", kind="routine"),
        states=[
            a_state("temperature", 21.5, unit="Cel", at=AT + 9),
            a_memory("night mode is on", kind="config", attribute="mode"),
        ],
        gists=[a_gist("Ana asked for tea."), a_gist("The day was calm.", session=None, at=AT + 1)],
    )
    at = int(AT)
    assert told == Digest(
        at=at + 9,
        facts=["Ana is allergic to peanuts"],
        preferences=["Ana likes tea"],
        routines=["Ana runs on Mondays"],
        state={
            "mode": DigestState(at=at, text="night mode is on"),
            "temperature": DigestState(value=21.5, unit="Cel", at=at + 9),
        },
        gists=[
            Gist(text="The day was calm.", at=at + 1),
            Gist(text="Ana asked for tea.", at=at, session="evening"),
        ],
    )


def test_allergies_come_before_tastes_and_stay_when_there_is_no_room_for_both() -> None:
    tastes = [a_memory(f"Ana likes song {n} of a long list", kind="preference") for n in range(30)]
    told = digest(*tastes, a_memory("Ana is allergic to peanuts", importance=0.95), within=room(256))
    assert told.facts == ["Ana is allergic to peanuts"]
    assert len(told.preferences or []) < len(tastes)
    assert told.more


def test_however_much_is_known_state_and_the_last_session_have_a_place() -> None:
    told = digest(
        *(a_memory(f"fact number {n} that somebody told the kiosk") for n in range(40)),
        states=[a_state(f"attribute-{n}", n) for n in range(40)],
        gists=[a_gist(f"Session {n} was about the garden.", at=AT + n) for n in range(9)],
    )
    assert told.facts
    assert told.state
    assert [gist.text for gist in told.gists or []][:1] == ["Session 8 was about the garden."]
    assert told.more


def test_what_others_leave_is_filled() -> None:
    facts = [a_memory(f"fact number {n} that somebody told the kiosk") for n in range(40)]
    alone, beside = digest(*facts), digest(*facts, states=[a_state(f"attribute-{n}", n) for n in range(40)])
    assert len(alone.facts or []) > len(beside.facts or [])
    assert len(written(alone, Encoding.MSGPACK)) > 0.9 * 1024


def test_a_state_that_is_a_fact_is_told_once() -> None:
    allergy = a_memory("Ana is allergic to peanuts", attribute="allergy")
    told = digest(allergy, states=[allergy])
    assert (told.facts, told.state) == (["Ana is allergic to peanuts"], None)


def test_what_is_reported_still_comes_before_what_was_reported_last_year() -> None:
    old = [a_state(f"a-{n}", n, at=AT - 365 * 86_400) for n in range(99)]
    told = digest(states=[*old, a_state("z", 1)], within=room(256))
    assert "z" in (told.state or {})


def test_the_memories_that_it_tells_are_named_and_no_others() -> None:
    short, long = a_memory("Ana likes tea"), a_memory("long " * 100)
    told = latest(short, long)
    assert told is not None
    assert told.memories == (short,)


def numbers(attribute: str = "temperature", device: str = "sensor-1") -> Memory:
    readings = [Reading(f"r{n}", 19.75 + n / 3, DAY.start + 60 * n) for n in range(9)]
    return a_memory(
        "in words", kind="summary", tier="summary", attribute=attribute, device=device, unit="Cel",
        measured=measured(readings, DAY),
    )  # fmt: skip


def of_day(*summaries: Memory, within: Room | None = None) -> PeriodDigest:
    told = digesting.of_period("day", DAY, summaries, within or room())
    assert told is not None
    return told.digest


def test_a_period_tells_what_was_measured_and_what_was_said() -> None:
    told = of_day(numbers("temperature"), numbers("humidity"), a_gist("A calm day.", session=None))
    assert (told.period, told.since, told.until) == ("day", int(DAY.start), int(DAY.end))
    humidity, temperature = told.readings or []
    assert (humidity.attribute, temperature.attribute) == ("humidity", "temperature")
    assert temperature == Series(
        attribute="temperature", device="sensor-1", unit="Cel", count=9, min=19.75, max=19.75 + 8 / 3,
        mean=21.0833, last=19.75 + 8 / 3, trend="rising",
    )  # fmt: skip
    assert told.gists == [Gist(text="A calm day.", at=int(AT))]
    assert told.more is None


def test_many_series_are_cut_and_leave_room_for_words() -> None:
    told = of_day(*(numbers(f"attribute-{n}") for n in range(60)), a_gist("A calm day.", session=None))
    assert told.more
    assert told.gists
    assert 5 < len(told.readings or []) < 60


def test_500_memories_are_asked_for_their_size_a_few_dozen_times() -> None:
    asked = count()

    def size(digest: Digest | PeriodDigest) -> int:
        next(asked)
        return len(written(digest, Encoding.MSGPACK))

    told = latest(
        *(a_memory(f"fact number {n}", kind=kind) for n in range(150) for kind in FIELDS),
        states=[a_state(f"attribute-{n}", n) for n in range(50)],
        within=Room(SUMMARY_BYTES_MAX, size),
    )
    assert told is not None
    assert next(asked) <= 60


texts = st.text(min_size=1, max_size=120) | st.text("aé漢. ", min_size=1, max_size=400)
values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=256) | st.floats(
    allow_nan=False, allow_infinity=False
)  # fmt: skip
memories = st.builds(
    a_memory,
    text=texts,
    kind=st.sampled_from([*FIELDS, "reading", "summary"]),
    at=st.floats(0, 2e9),
    importance=st.none() | st.floats(0, 1),
    attribute=st.none() | st.text(min_size=1, max_size=64),
    value=values,
    unit=st.none() | st.text(max_size=32),
    session=st.none() | st.text(min_size=1, max_size=64),
    device=st.from_regex(r"\A[a-z]{1,64}\Z"),
)
sizes = st.integers(SUMMARY_BYTES_MIN, SUMMARY_BYTES_MAX)


def drawn(found: list[Memory], within: Room) -> Told[Digest] | None:
    states = {memory.attribute: memory for memory in found if memory.attribute is not None}
    return latest(
        *found, states=states.values(), gists=[m for m in found if m.kind == "summary"], within=within
    )


@pytest.mark.parametrize("encoding", Encoding)
@given(found=st.lists(memories, max_size=16), bytes_max=sizes)
def test_whatever_is_remembered_a_digest_is_never_too_large_and_reads_as_it_was_written(
    encoding: Encoding, found: list[Memory], bytes_max: int
) -> None:
    told = drawn(found, room(bytes_max, encoding))
    if told is not None:
        payload = written(told.digest, encoding)
        assert len(payload) <= bytes_max
        assert Digest.load(decode(payload)) == told.digest


@pytest.mark.parametrize("encoding", Encoding)
@given(
    found=st.lists(memories, max_size=12),
    readings=st.lists(
        st.tuples(values.filter(lambda value: value is not None), st.floats(0, 3599)), max_size=20
    ),
    bytes_max=sizes,
)
def test_a_periods_digest_is_never_too_large_and_reads_as_it_was_written(
    encoding: Encoding, found: list[Memory], readings: list[tuple[Any, float]], bytes_max: int
) -> None:
    of_an_hour = [Reading(f"{n}", value, DAY.start + at) for n, (value, at) in enumerate(readings)]
    if of_an_hour:
        whole = measured(of_an_hour, Span(DAY.start, DAY.start + 3600))
        found = [*found, a_gist("", attribute="a", measured=whole)]
    told = digesting.of_period("day", DAY, found, room(bytes_max, encoding))
    if told is not None:
        payload = written(told.digest, encoding)
        assert len(payload) <= bytes_max
        assert PeriodDigest.load(decode(payload)) == told.digest


@given(found=st.lists(memories, max_size=12, unique_by=lambda memory: memory.attribute), seed=st.integers())
def test_the_same_memories_make_the_same_bytes_in_whatever_order_they_come(
    found: list[Memory], seed: int
) -> None:
    shuffled = random.Random(seed).sample(found, len(found))
    one, other = drawn(found, room(512)), drawn(shuffled, room(512))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert written(one.digest, Encoding.MSGPACK) == written(other.digest, Encoding.MSGPACK)


@given(found=st.lists(memories, max_size=12))
def test_with_room_for_all_both_encodings_say_the_same(found: list[Memory]) -> None:
    short = [memory for memory in found if len(memory.text) <= 120]
    by_encoding = [
        drawn(short, Room(2**20, lambda digest, e=encoding: len(written(digest, e)))) for encoding in Encoding
    ]
    loaded = [
        Digest.load(decode(written(told.digest, encoding)))
        for told, encoding in zip(by_encoding, Encoding, strict=True)
        if told is not None
    ]
    assert loaded == [told.digest for told in by_encoding if told is not None]
    assert all(each == loaded[0] for each in loaded)


def a_change(was: str, now: str, attribute: str = "drink", **more: Any) -> tuple[Memory, Memory]:
    said = {"kind": "preference", "attribute": attribute, **more}
    return a_memory(was, **said, at=AT - 86_400 * 30), a_memory(now, **said)


def test_what_changed_says_what_it_was_before() -> None:
    was, now = a_change("Ana takes coffee", "Ana takes tea")
    told = latest(was, now, a_memory("Ana has a cat"))
    assert told is not None
    assert told.digest.preferences == ["Ana takes tea (before: Ana takes coffee, until 2026-03-01)."]
    assert told.digest.facts == ["Ana has a cat"]
    assert told.digest.more is None
    assert [memory.text for memory in told.memories if memory.kind == "preference"] == [now.text, was.text]


@pytest.mark.parametrize("other", [{"kind": "fact"}, {"attribute": "food"}, {"attribute": None}])
def test_another_kind_or_attribute_was_not_before(other: dict[str, Any]) -> None:
    was, now = a_change("Ana takes coffee", "Ana takes tea")
    told = digest(a_memory(**{"kind": "preference", "attribute": "drink", "text": was.text, **other}), now)
    assert "Ana takes tea" in (told.preferences or [])


def test_of_what_is_the_same_still_nothing_is_said() -> None:
    assert digest(*a_change("Ana takes tea", "Ana takes tea")).preferences == ["Ana takes tea"]


@pytest.mark.parametrize("size", [SUMMARY_BYTES_MIN, 400, 512, 768, 1024])
def test_what_was_takes_no_room_from_what_is(size: int) -> None:
    changes = [a_change(f"Ana took coffee {n}", f"Ana takes tea {n}", f"a-{n}") for n in range(12)]
    others: dict[str, Any] = {
        "states": [a_state(f"attribute-{n}", n) for n in range(5)],
        "gists": [a_gist(f"Session {n} was about the garden.", at=AT + n) for n in range(3)],
    }
    with_past = digest(*(each for pair in changes for each in pair), **others, within=room(size))
    without = digest(*(now for _, now in changes), **others, within=room(size))
    assert len(written(with_past, Encoding.MSGPACK)) <= size
    told = {"preferences": [text.split(" (before")[0] for text in with_past.preferences or []]}
    assert with_past.model_copy(update=told | {"more": None}) == without.model_copy(update={"more": None})


def test_with_room_for_some_the_most_important_says_what_it_was() -> None:
    low = a_change("Ana took coffee", "Ana takes tea", importance=0.1)
    high = a_change("Ana ate nuts", "Ana is allergic to nuts", "nuts", importance=0.9)
    known = [*low, *high, *(a_memory(f"fact number {n} of the house") for n in range(12))]
    whole = digest(*known)
    assert [" (before: " in text for text in whole.preferences or []] == [True, True]
    cut = digest(*known, within=room(len(written(whole, Encoding.MSGPACK)) - 1))
    assert [" (before: " in text for text in cut.preferences or []] == [True, False]
    assert cut.facts == whole.facts


def test_what_was_and_is_too_long_is_not_told() -> None:
    told = digest(*a_change("coffee " * 30, "Ana takes tea"), within=room(512))
    assert told.preferences == ["Ana takes tea"]
