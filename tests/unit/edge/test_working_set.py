"""edge/working_set.py"""

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from edge.working_set import Noted, WorkingSet

ENTITIES = ("home7/ana", "home7/ben", "home7")


def test_an_entitys_observations_come_oldest_first() -> None:
    remembered = WorkingSet()
    remembered.note("home7/ana", {"i": 1, "t": "one"}, 1.0)
    remembered.note("home7/ben", {"i": 2, "t": "two"}, 2.0)
    remembered.note("home7/ana", {"i": 3, "t": "three"}, None)
    assert remembered.of("home7/ana") == (
        Noted("home7/ana", {"i": 1, "t": "one"}, 1.0),
        Noted("home7/ana", {"i": 3, "t": "three"}, None),
    )
    assert remembered.of("home7") == ()


def test_a_chatty_entity_takes_no_place_of_anothers_by_count() -> None:
    remembered = WorkingSet(count_max=2)
    remembered.note("home7/ben", {"i": 0}, 0.0)
    for n in range(1, 9):
        remembered.note("home7/ana", {"i": n}, float(n))
    assert [noted.fields["i"] for noted in remembered.of("home7/ana")] == [7, 8]
    assert len(remembered.of("home7/ben")) == 1


def test_what_is_larger_than_all_room_is_not_remembered() -> None:
    remembered = WorkingSet(bytes_max=100)
    remembered.note("home7", {"i": 1, "t": "x" * 200}, 1.0)
    assert (remembered.of("home7"), remembered.bytes) == ((), 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(("note", "drop")), st.sampled_from(ENTITIES), st.integers(0, 60)), max_size=40
)


@given(STEPS)
def test_it_stays_within_its_bounds_and_no_entity_sees_anothers(steps: list[tuple[str, str, int]]) -> None:
    remembered = WorkingSet(count_max=5, bytes_max=200)
    for n, (verb, entity, length) in enumerate(steps):
        if verb == "drop":
            remembered.drop(entity)
            assert remembered.of(entity) == ()
        else:
            remembered.note(entity, {"i": n, "t": f"{entity}:{'x' * length}"}, float(n))
        held = [noted for each in ENTITIES for noted in remembered.of(each)]
        assert remembered.bytes == sum(len(msgpack.packb(noted.fields)) for noted in held) <= 200
        for each in ENTITIES:
            mine = remembered.of(each)
            assert len(mine) <= 5
            assert all(noted.fields["t"].startswith(f"{each}:") for noted in mine)
            assert [noted.at for noted in mine] == sorted(noted.at or 0 for noted in mine)
