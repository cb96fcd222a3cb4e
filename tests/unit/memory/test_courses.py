"""memory/courses.py"""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from memory.courses import Course, filled, largest


def together(entries: Sequence[str]) -> int:
    return sum(map(len, entries))


def test_each_course_fills_its_share_and_the_first_takes_what_the_last_leaves() -> None:
    courses = [Course(["aa"] * 9, 0.5), Course(["b"] * 9, 0.7), Course(["c"], 1.0)]
    assert filled(courses, together, 10) == ["aa"] * 3 + ["b"] * 3 + ["c"]


def test_what_would_fit_behind_an_entry_that_does_not_stays_out() -> None:
    assert filled([Course(["a", "bbbb", "c"], 1.0)], together, 4) == ["a"]


def test_nothing_fits_where_there_is_no_room() -> None:
    assert filled([Course(["a"], 1.0)], together, 0) == []
    assert filled([], together, 9) == []


@given(
    sizes=st.lists(st.tuples(st.lists(st.integers(1, 40), max_size=12), st.floats(0, 1)), max_size=4),
    bytes_max=st.integers(0, 200),
)
def test_never_more_than_there_is_room_for_and_no_course_could_have_one_more(
    sizes: list[tuple[list[int], float]], bytes_max: int
) -> None:
    courses = [
        Course([f"{course}" * size for size in lengths], share)
        for course, (lengths, share) in enumerate(sizes)
    ]
    taken = filled(courses, together, bytes_max)
    assert together(taken) <= bytes_max
    for course in courses:
        its = [entry for entry in taken if entry in course.entries]
        assert its == list(course.entries[: len(its)])
        for following in course.entries[len(its) : len(its) + 1]:
            assert together([*taken, following]) > bytes_max


@given(least=st.integers(0, 50), more=st.integers(0, 50), at_most=st.integers(0, 120))
def test_the_largest_that_fits_is_found(least: int, more: int, at_most: int) -> None:
    found = largest(least, least + more, lambda count: count <= at_most)
    assert found == max(least, min(least + more, at_most))
