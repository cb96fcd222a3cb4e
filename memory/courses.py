"""What fits into so many bytes, of several lists that each want their share. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

Entry = TypeVar("Entry")
Size = Callable[[Sequence[Entry]], int]
"""How many bytes entries are together; with one more they are no fewer."""


@dataclass(frozen=True, slots=True)
class Course(Generic[Entry]):
    """Entries of like worth, the best first."""

    entries: Sequence[Entry]
    share: float
    """Up to which part of all bytes they fill, together with the courses before, in the first round."""


def filled(courses: Sequence[Course[Entry]], size: Size[Entry], bytes_max: int) -> list[Entry]:
    """The first entries of each course, as many as fit: up to its share, then of what the others left."""
    taken: list[Sequence[Entry]] = [() for _ in courses]
    for shares in ([course.share for course in courses], [1.0 for _ in courses]):
        for place, share in enumerate(shares):
            taken[place] = _more(taken, place, courses[place].entries, size, int(share * bytes_max))
    return [*chain.from_iterable(taken)]


def largest(least: int, most: int, fits: Callable[[int], bool]) -> int:
    """The largest count that fits, from `least` on; where one does not, none that is larger does."""
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least


def _more(
    taken: Sequence[Sequence[Entry]], place: int, entries: Sequence[Entry], size: Size[Entry], room: int
) -> Sequence[Entry]:
    """Of one course at least what is taken of it, and as much more as fits beside the others."""
    before, after = [*chain(*taken[:place])], [*chain(*taken[place + 1 :])]
    count = largest(
        len(taken[place]), len(entries), lambda count: size([*before, *entries[:count], *after]) <= room
    )
    return entries[:count]
