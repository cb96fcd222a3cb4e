"""Values that nobody changes: made quickly, compared by what they hold."""

from dataclasses import field, replace

import pytest

from schemas.fixed import fixed


@fixed
class Point:
    x: int
    labels: list[str] = field(default_factory=list)


def test_it_is_a_dataclass_with_slots() -> None:
    assert Point(1) == Point(1, [])
    assert replace(Point(1), x=2) == Point(2)
    assert not hasattr(Point(1), "__dict__")


def test_it_cannot_be_a_key() -> None:
    """It is not frozen at run time: what a set found by its hash might not be there any more."""
    with pytest.raises(TypeError):
        hash(Point(1))
