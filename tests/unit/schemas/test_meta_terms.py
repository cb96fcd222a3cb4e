"""schemas/meta_terms.py"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.meta_terms import meta_terms


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), ({"x": 1, "y": 2}, {"y": 2.0, "x": 1}), ([1, {"a": 2}], [1.0, {"a": 2.0}]), (0.0, -0.0)],
    ids=["number", "order of keys", "nested number", "zero"],
)
def test_equal_values_have_equal_terms(one: Any, other: Any) -> None:
    assert meta_terms({"k": one}) == meta_terms({"k": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (None, "null"),
        ([1, 2], [2, 1]),
        (1, [1]),
        ({}, []),
        (2**63 - 1, 2.0**63),
    ],
    ids=repr,
)
def test_different_values_have_different_terms(one: Any, other: Any) -> None:
    assert meta_terms({"k": one}) != meta_terms({"k": other})


TEXTS = st.text('="\\a1[', max_size=4)
VALUES = st.recursive(
    TEXTS | st.integers(-1, 1) | st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)


@given(one=st.tuples(TEXTS, VALUES), other=st.tuples(TEXTS, VALUES))
def test_no_key_and_value_pose_as_another(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    assert (meta_terms(dict([one])) == meta_terms(dict([other]))) == (one == other)
