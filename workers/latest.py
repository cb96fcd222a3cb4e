"""What is newest in a store: of a search, and of each attribute."""

import asyncio
from collections.abc import Iterable

from memory import states
from memory.conditions import Where, states_of
from memory.records import Memory
from memory.states import Attribute
from memory.store import MemoryStore

TIES_MAX = 8
"""Of one instant, or of one number, looked at for the one that counts as the newest."""


async def latest(store: MemoryStore, where: Where) -> Memory | None:
    """The newest memory; of one instant, the one that counts as it."""
    found = states.newest(await store.newest(where, TIES_MAX))
    return found[0] if found else None


async def latest_states(
    store: MemoryStore, where: Where, attributes: Iterable[Attribute]
) -> dict[Attribute, Memory]:
    """The newest state of each attribute of an entity in a scope, of what the filters let through."""
    found = {}
    for attribute in attributes:
        if (state := await latest(store, states_of(where, *attribute))) is not None:
            found[attribute] = state
        await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
    return found
