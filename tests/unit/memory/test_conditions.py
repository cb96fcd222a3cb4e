"""memory/conditions.py"""

from dataclasses import replace
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
    Present,
    Where,
    among,
    entities_in,
    measured,
    of_sessions,
    of_whole,
    scope_terms,
    scoped,
    states_of,
    the_one,
    told,
    within,
    within_before,
)
from memory.records import Memory, Scope, ancestors

HOME = Scope("acme", "home7")


def test_every_request_is_for_one_tenant_and_entity_and_nothing_expired() -> None:
    assert scoped(HOME, EVERYTHING, now=100.0) == Where(
        HOME,
        must=(),
        must_not=(Between("expires", None, 100.0),),
    )


def test_narrowed_to_ids_it_is_still_for_one_tenant_and_entity() -> None:
    where = scoped(HOME, EVERYTHING, now=100.0)
    assert told(where) == Where(HOME, (), (*where.must_not, AnyOf("kind", ("reading", "summary"))))
    assert among(where, ["a", "b"]) == Where(HOME, (HasId(("a", "b")),), where.must_not)


def test_narrowed_to_what_measured_something_and_to_sessions_it_is_for_the_same() -> None:
    where = scoped(HOME, EVERYTHING, now=100.0)
    assert measured(where) == Where(HOME, (Present("value"),), where.must_not)
    assert of_sessions(where, ["s"]) == Where(HOME, (AnyOf("session", ("s",)),), where.must_not)


def test_narrowed_to_an_attribute_of_an_entity_below_it_is_for_that_entity_alone() -> None:
    where = scoped(replace(HOME, below=True), Filters(kinds=["fact"]), now=100.0)
    conditions = (AnyOf("kind", ("fact",)), Equals("attribute", "drink"))
    assert states_of(where, "home7/ana", "drink") == Where(
        Scope("acme", "home7/ana"), conditions, where.must_not
    )


def test_one_memory_is_looked_for_where_it_is_even_when_it_has_expired() -> None:
    memory = Memory("id", "acme", "home7", "kiosk-1", "note", "hello", at=1.0, received=1.0, expires=2.0)
    assert the_one(memory) == Where(HOME, (HasId(("id",)),), ())


@pytest.mark.parametrize("entity", ["home7", "home7/ana", "home7/ana/bed"])
def test_a_scope_is_one_equality_with_one_of_the_terms_of_what_is_in_it(entity: str) -> None:
    terms = scope_terms("acme", entity)
    assert within(Scope("acme", entity)).value in terms
    assert of_whole("acme").value in terms
    for above in ancestors(entity):
        assert within(Scope("acme", above, below=True)).value in terms
        assert (within(Scope("acme", above)).value in terms) == (above == entity)
    assert len(terms) == len({*terms}) == 3 + entity.count("/")


LEVELS = st.lists(st.sampled_from(["a", "b", "a.b", "_"]), min_size=1, max_size=3).map("/".join)


@given(
    tenant=st.sampled_from(["a", "b"]),
    entity=LEVELS,
    scope=st.builds(Scope, st.sampled_from(["a", "b"]), LEVELS, st.booleans()),
)
def test_the_one_equality_holds_where_the_two_of_before_did(tenant: str, entity: str, scope: Scope) -> None:
    before = {"tenant": [tenant], "entity": [entity], "within": ancestors(entity)}
    held = all(each.value in before[each.key] for each in within_before(scope))
    assert (within(scope).value in scope_terms(tenant, entity)) == held


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


def test_the_values_of_scope_say_which_entities_there_are() -> None:
    terms = [
        term for entity in ("home7", "home7/ana", "home7/den/desk") for term in scope_terms("acme", entity)
    ]
    assert entities_in(HOME, terms) == ["home7", "home7/ana", "home7/den/desk"]
