"""memory/conditions.py"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.conditions import (
    EVERYTHING,
    AnyOf,
    Between,
    Equals,
    Filters,
    HasId,
    Where,
    among,
    meta_terms,
    scoped,
    told,
)
from memory.records import Scope

HOME = Scope("acme", "home7")


def test_every_request_is_for_one_tenant_and_entity_and_nothing_expired() -> None:
    assert scoped(HOME, EVERYTHING, now=100.0) == Where(
        must=(Equals("tenant", "acme"), Equals("entity", "home7")),
        must_not=(Between("expires", None, 100.0),),
    )


def test_narrowed_to_ids_it_is_still_for_one_tenant_and_entity() -> None:
    where = scoped(HOME, EVERYTHING, now=100.0)
    assert told(where) == Where(where.must, (*where.must_not, AnyOf("kind", ("reading",))))
    assert among(where, ["a", "b"]) == Where((*where.must, HasId(("a", "b"))), where.must_not)


def test_an_entity_and_all_below_is_one_equality() -> None:
    where = scoped(Scope("acme", "home7", below=True), EVERYTHING, now=0.0)
    assert where.must == (Equals("tenant", "acme"), Equals("within", "home7"))


@pytest.mark.parametrize(
    ("filters", "conditions"),
    [
        (Filters(since=0.0), [Between("at", 0.0, None)]),
        (Filters(until=2.0), [Between("at", None, 2.0)]),
        (Filters(since=1.0, until=2.0), [Between("at", 1.0, 2.0)]),
        (Filters(kinds=["a", "b"]), [AnyOf("kind", ("a", "b"))]),
        (Filters(devices=["d"]), [AnyOf("device", ("d",))]),
        (Filters(sessions=[]), [AnyOf("session", ())]),
        (Filters(tags=["a", "b"]), [Equals("tags", "a"), Equals("tags", "b")]),
        (Filters(attribute="temperature"), [Equals("attribute", "temperature")]),
        (Filters(meta={"b": 2.0, "a": "x"}), [Equals("meta_terms", 'a="x"'), Equals("meta_terms", "b=2")]),
        (Filters(ids=["1", "2"]), [HasId(("1", "2"))]),
        (Filters(ids=[]), [HasId(())]),
    ],
    ids=[
        "since",
        "until",
        "both",
        "kinds",
        "devices",
        "no session",
        "tags",
        "attribute",
        "meta",
        "ids",
        "no id",
    ],
)
def test_a_filter_adds_its_conditions_to_the_scope(filters: Filters, conditions: list[Any]) -> None:
    bare, where = scoped(HOME, EVERYTHING, 0.0), scoped(HOME, filters, 0.0)
    assert where.must == (*bare.must, *conditions)
    assert where.must_not == bare.must_not


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
