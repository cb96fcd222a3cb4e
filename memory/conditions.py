"""Which memories a request may see and wants, as values every store understands.

`Where` is the only thing a store searches by, and `scoped` the only thing that makes one (`among` and its
like narrow one): no search without a tenant and an entity.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from memory.records import Memory, Scope, ancestors
from schemas.meta_terms import meta_terms

READING = "reading"
"""The kind of what was measured, in words of no person."""
MADE_OF_MANY = (READING, "summary")
"""Kinds of which there are many that say nearly the same."""


@dataclass(frozen=True, slots=True)
class Equals:
    """A keyword field, or one entry of a keyword array, equals."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A keyword field equals one of these."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A number field is there and lies within, both ends included; None is open."""

    key: str
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class Present:
    """A field is there."""

    key: str


@dataclass(frozen=True, slots=True)
class HasId:
    """The memory is one of these."""

    ids: tuple[str, ...]


Condition = Equals | AnyOf | Between | Present | HasId


@dataclass(frozen=True, slots=True)
class Where:
    """Of one scope's memories: all of `must`, none of `must_not`.

    Made by `scoped`, narrowed by the functions after it alone.
    """

    scope: Scope
    must: tuple[Condition, ...]
    must_not: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a request wants of what it may see; times are epoch seconds."""

    since: float | None = None
    until: float | None = None
    kinds: Sequence[str] | None = None
    tags: Sequence[str] | None = None
    devices: Sequence[str] | None = None
    sessions: Sequence[str] | None = None
    meta: Mapping[str, Any] | None = None
    attribute: str | None = None
    ids: Sequence[str] | None = None
    tier: Literal["summary"] | None = None
    """What is raw says nothing, and cannot be asked for."""
    sources: Sequence[str] | None = None
    """Summaries made of any of these memories."""


EVERYTHING = Filters()
SUMMARY = Equals("tier", "summary")


def scoped(scope: Scope, filters: Filters, now: float | None) -> Where:
    """The conditions of one request: its scope, nothing expired at `now`, and its filters.

    Without `now` what has expired is there, too: it is stored until it is forgotten.
    """
    must: list[Condition] = []
    if filters.since is not None or filters.until is not None:
        must.append(Between("at", filters.since, filters.until))
    for key, values in (("kind", filters.kinds), ("device", filters.devices), ("session", filters.sessions)):
        if values is not None:
            must.append(AnyOf(key, tuple(values)))
    must.extend(Equals("tags", tag) for tag in filters.tags or ())
    must.extend(Equals("meta_terms", term) for term in meta_terms(filters.meta or {}))
    if filters.attribute is not None:
        must.append(Equals("attribute", filters.attribute))
    if filters.tier is not None:
        must.append(Equals("tier", filters.tier))
    if filters.sources is not None:
        must.append(AnyOf("sources", tuple(filters.sources)))
    if filters.ids is not None:
        must.append(HasId(tuple(filters.ids)))
    return Where(scope, tuple(must), () if now is None else (Between("expires", None, now),))


def among(where: Where, ids: Sequence[str]) -> Where:
    """The same conditions, of these memories alone."""
    return replace(where, must=(*where.must, HasId(tuple(ids))))


def nothing_of(where: Where) -> Where:
    """None of these memories: where that is the corpus, each word is as rare as another."""
    return among(where, ())


def measured(where: Where) -> Where:
    """The same, of what measured something alone."""
    return replace(where, must=(*where.must, Present("value")))


def without(where: Where, fields: Sequence[str], kinds: Collection[str] = ()) -> Where:
    """The same, of what has none of some fields and is of none of some kinds."""
    not_of = (AnyOf("kind", tuple(sorted(kinds))),) if kinds else ()
    return replace(where, must_not=(*where.must_not, *map(Present, fields), *not_of))


def raw(where: Where) -> Where:
    """The same, without summaries."""
    return replace(where, must_not=(*where.must_not, SUMMARY))


def the_one(memory: Memory) -> Where:
    """This memory where it is still remembered: what was forgotten has no tenant."""
    return scoped(Scope(memory.tenant, memory.entity), Filters(ids=[memory.id]), None)


def of_sessions(where: Where, sessions: Sequence[str]) -> Where:
    """The same, of these sessions alone."""
    return replace(where, must=(*where.must, AnyOf("session", tuple(sessions))))


def states_of(where: Where, entity: str, attribute: str) -> Where:
    """The same, of an attribute of one entity, which has to be in the scope."""
    scope = replace(where.scope, entity=entity, below=False)
    return replace(where, scope=scope, must=(*where.must, Equals("attribute", attribute)))


def within(scope: Scope) -> Equals:
    """A scope as one condition: with one for the tenant and one for the entity every search costs more."""
    return Equals(
        "scope", f"{scope.tenant}/{scope.entity}/#" if scope.below else f"{scope.tenant}/{scope.entity}"
    )


def within_before(scope: Scope) -> tuple[Equals, Equals]:
    """The same of what was stored in layout 1."""
    return Equals("tenant", scope.tenant), Equals("within" if scope.below else "entity", scope.entity)


def of_whole(tenant: str) -> Equals:
    """A whole tenant as one condition: for `memory/upkeep.py` alone, which no request reaches."""
    return Equals("scope", f"{tenant}/#")


def scope_terms(tenant: str, entity: str) -> list[str]:
    """Each scope that a memory is in, as MQTT filters are spelled: `home/#`, `home/home7`, `home/home7/#`.

    None poses as another: a level of a topic holds no `/`, and no topic that is published to a `#`.
    """
    return [
        of_whole(tenant).value,
        within(Scope(tenant, entity)).value,
        *(within(Scope(tenant, above, below=True)).value for above in ancestors(entity)),
    ]


def entities_in(scope: Scope, terms: Iterable[str]) -> list[str]:
    """Of the values of the field `scope`: which entities have memories of their own."""
    start = f"{scope.tenant}/"
    return [term.removeprefix(start) for term in terms if not term.endswith("/#")]


def told(where: Where) -> Where:
    """The same, without readings and summaries."""
    return replace(where, must_not=(*where.must_not, AnyOf("kind", MADE_OF_MANY)))
