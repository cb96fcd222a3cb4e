"""Which memories are states: so until something else is told of the same attribute. Pure."""

from typing import Protocol

HAPPENED_KINDS = frozenset({"event", "turn", "note", "summary"})
"""What happened or was said is so for ever, whatever came after: nothing newer is instead of it."""


class Stateful(Protocol):
    """A memory of the store, or a match of an answer."""

    @property
    def attribute(self) -> str | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def tier(self) -> str: ...


def is_state(told: Stateful) -> bool:
    """Whether a newer one of the same entity and attribute is instead of it; a summary tells of a time."""
    return told.attribute is not None and told.tier == "raw" and told.kind not in HAPPENED_KINDS
