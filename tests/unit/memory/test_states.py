"""memory/states.py"""

from memory.records import Memory, Ranked
from memory.states import (
    ATTRIBUTES_MAX,
    attribute_of,
    attributes,
    by_attribute,
    newest,
    settle,
)
from tests.contract.memories import a_memory


def state(
    id_: str, attribute: str | None, at: float, entity: str = "kitchen", seq: int | None = None
) -> Memory:
    return Memory(
        id=id_, tenant="t", entity=entity, device="d", kind="reading", text=f"{attribute} {id_}",
        at=at, received=at, attribute=attribute, seq=seq,
    )  # fmt: skip


def ranked(*memories: Memory) -> list[Ranked]:
    return [Ranked(memory, 1.0 - place / 10, {"dense": 0.5}) for place, memory in enumerate(memories)]


def told(settled: list[Ranked]) -> list[tuple[str, float]]:
    return [(each.memory.id, each.score) for each in settled]


OLD, MID, NEW = (state(name, "temperature", at) for name, at in (("old", 1.0), ("mid", 2.0), ("new", 3.0)))
NOTE = state("note", None, 2.5)
KITCHEN = ("kitchen", "temperature")


def test_the_newest_state_stands_in_the_place_of_its_past() -> None:
    assert told(settle(ranked(OLD, NOTE, MID), {KITCHEN: NEW}, past=False)) == [("new", 1.0), ("note", 0.9)]


def test_asked_for_the_past_comes_after_the_newest() -> None:
    settled = settle(ranked(OLD, NOTE, NEW), {KITCHEN: NEW}, past=True)
    assert told(settled) == [("new", 1.0), ("old", 1.0), ("note", 0.9)]


def test_where_nobody_looked_the_newest_of_the_ranked_counts() -> None:
    assert told(settle(ranked(OLD, MID), {}, past=False)) == [("mid", 1.0)]


def test_an_attribute_of_another_entity_is_another() -> None:
    other = state("other", "temperature", 0.0, entity="bath")
    assert told(settle(ranked(OLD, other), {KITCHEN: NEW}, past=False)) == [("new", 1.0), ("other", 0.9)]


def test_attributes_are_named_once_the_best_first_and_only_so_many() -> None:
    assert attributes([NOTE, MID, OLD, state("d", "door", 1.0)]) == [KITCHEN, ("kitchen", "door")]
    many = [state(str(number), f"a{number}", 1.0) for number in range(ATTRIBUTES_MAX + 1)]
    assert len(attributes(many)) == ATTRIBUTES_MAX
    assert attribute_of(NOTE) is None


def test_what_is_of_one_attribute_of_one_entity_is_together_the_newest_first() -> None:
    other = state("other", "temperature", 9.0, entity="bath")
    assert by_attribute([OLD, NOTE, NEW, other, MID]) == {
        ("bath", "temperature"): [other],
        KITCHEN: [NEW, MID, OLD],
    }


def test_of_one_instant_the_later_in_its_session_is_newer_then_the_id_decides() -> None:
    later, b, a = state("z", "t", 1.0, seq=2), state("b", "t", 1.0), state("a", "t", 1.0)
    assert newest([b, later, a]) == [later, a, b]


def test_a_reading_comes_before_the_summary_that_ends_with_it() -> None:
    reading = a_memory(at=9.0, value=21.5, attribute="temperature", id="z")
    summary = a_memory(at=9.0, attribute="temperature", tier="summary", id="a")
    later = a_memory(at=10.0, tier="summary")
    assert newest([summary, reading, later]) == [later, reading, summary]
