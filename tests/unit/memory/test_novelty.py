"""memory/novelty.py"""

import numpy as np
import pytest

from memory.novelty import ENTITIES_KEPT, MEMORIES_KEPT, Recent
from memory.records import Memory, Vector


def a_memory(entity: str = "home7", tenant: str = "acme") -> Memory:
    return Memory("id", tenant, entity, "d1", "turn", "nice weather", at=0.0, received=0.0)


def axis(number: int) -> Vector:
    return np.eye(MEMORIES_KEPT + 2, dtype=np.float32)[number]


def test_the_first_has_none_beside_it_and_a_later_one_its_nearest() -> None:
    recent = Recent()
    between = ((axis(0) + axis(1)) / np.sqrt(2)).astype(np.float32)
    assert recent.nearest(a_memory(), axis(0)) is None
    assert recent.nearest(a_memory(), axis(1)) == 0.0
    assert recent.nearest(a_memory(), between) == pytest.approx(0.5**0.5)
    assert recent.nearest(a_memory(), axis(0)) == 1.0


def test_each_entity_of_each_tenant_has_its_own() -> None:
    recent = Recent()
    recent.nearest(a_memory(), axis(0))
    assert recent.nearest(a_memory("home7/ana"), axis(0)) is None
    assert recent.nearest(a_memory(tenant="other"), axis(0)) is None


def test_what_is_long_ago_is_news_again() -> None:
    recent = Recent()
    for number in range(MEMORIES_KEPT):
        recent.nearest(a_memory(), axis(number))
    assert recent.nearest(a_memory(), axis(0)) == 1.0
    # That one took the place of the first; the next takes that of the second.
    recent.nearest(a_memory(), axis(MEMORIES_KEPT))
    assert recent.nearest(a_memory(), axis(1)) == 0.0


def test_past_the_bound_who_told_nothing_for_longest_is_not_known_any_more() -> None:
    recent = Recent()
    for number in range(ENTITIES_KEPT):
        recent.nearest(a_memory(f"e{number}"), axis(0))
    recent.nearest(a_memory("e0"), axis(0))
    recent.nearest(a_memory("one-more"), axis(0))
    assert recent.nearest(a_memory("e0"), axis(0)) == 1.0
    assert recent.nearest(a_memory("e1"), axis(0)) is None
