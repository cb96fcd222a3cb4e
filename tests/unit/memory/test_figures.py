"""memory/figures.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.asking import Aggregate, asked
from memory.figures import Figure, in_order, mean, number, proofs_of
from memory.records import Memory, Sample


def a_memory(id_: str, value: float | str | None = None, at: float = 0.0) -> Memory:
    return Memory(
        id=id_, tenant="t", entity="home7", device="d", kind="reading",
        text="", at=at, received=at, value=value,
    )  # fmt: skip


def of(aggregate: str, *proofs: Memory, **known: float) -> Figure:
    return Figure(Aggregate(aggregate), "home7", proofs, **known)  # type: ignore[arg-type]


def places(question: str, *measured: Figure) -> list[str]:
    found = asked(question, bounded=False)
    assert found is not None
    return [each.proof.id for each in in_order(found, measured)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_a_mean_lies_within_and_is_proven_by_the_nearest(values: list[float]) -> None:
    found = mean([Sample(str(at), "e", "d", float(at), value, 0.0) for at, value in enumerate(values)])
    assert found is not None
    middle, nearest = found
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert min(values) - slack <= middle <= max(values) + slack
    assert abs(number(nearest.value) - middle) == min(abs(value - middle) for value in values)  # type: ignore[operator]


def test_only_numbers_are_averaged_and_of_equals_the_newest_proves() -> None:
    values = [True, "21", 20, 22.0, 21.5, 20.5]
    found = mean([Sample(str(at), "e", "d", float(at), value, 0.0) for at, value in enumerate(values)])
    assert found is not None
    assert (found[0], found[1].at) == (21.0, 5.0)
    assert mean([Sample("a", "e", "d", 0.0, True, 0.0)]) is None
    assert mean([]) is None


def test_what_answers_best_comes_first() -> None:
    one, two = a_memory("one", 1.0, at=1.0), a_memory("two", 2.0, at=2.0)
    assert places("coldest day", of("min", two, low=2.0), of("min", one, low=1.0)) == ["one", "two"]
    assert places("hottest day", of("max", one, high=1.0), of("max", two, high=2.0)) == ["two", "one"]
    assert places("when did it last open?", of("last", one), of("last", two)) == ["two", "one"]
    assert places("when did it first open?", of("first", two), of("first", one)) == ["one", "two"]
    assert places("how often did it open?", of("count", one, count=1), of("count", two, count=2)) == [
        "two",
        "one",
    ]
    assert places("where is it warmest?", of("last", one), of("last", two)) == ["two", "one"]
    assert places("where is it coldest?", of("last", two), of("last", one)) == ["one", "two"]
    assert places("how warm was it?", of("span", one), of("span", two)) == ["one", "two"]


def test_each_proof_is_there_once_those_that_are_named_first() -> None:
    one, two, three = (a_memory(id_) for id_ in ("one", "two", "three"))
    assert proofs_of([of("span", one, two), of("span", three, one)]) == [one, three, two]
    assert proofs_of([]) == []


@pytest.mark.parametrize(
    ("value", "is_number"), [(1, 1.0), (-0.5, -0.5), (True, None), ("1", None), (None, None)]
)
def test_what_is_a_number(value: object, is_number: float | None) -> None:
    assert number(value) == is_number
