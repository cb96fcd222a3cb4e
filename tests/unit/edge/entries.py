"""Entries to put in an outbox."""

from collections.abc import Iterable
from typing import Any

from edge.clock import Moment
from edge.entry import Entry, observed
from edge.observing import fields

HERE = Moment(1_780_000_000.0, "boot", 5.0)
EVERYTHING = 10**9


def an_entry(
    id: str | int | None = None,  # noqa: A002 - the contract's name for it
    importance: float | None = None,
    *,
    text: str = "x",
    entity: str = "home7/kitchen",
    moment: Moment = HERE,
) -> Entry:
    return observed(entity, fields(text, id=id, importance=importance), moment)


def ids(entries: Iterable[Entry]) -> list[Any]:
    return [entry.id for entry in entries]
