"""The memory that a request names."""

import time

from memory import conditions
from memory.conditions import scoped
from memory.records import Memory, Scope
from memory.store import MemoryStore, point_ids
from workers.unanswered import NotFound


async def named(store: MemoryStore, scope: Scope, memory_id: str) -> Memory:
    """The memory of this id, if it is in the scope.

    Raises:
        NotFound: it is not, or what is named is no id.
    """
    where = scoped(scope, conditions.Filters(ids=point_ids([memory_id])), time.time())
    found = await store.page(where, 1)
    if not found:
        raise NotFound("`memory`: it is no memory of this entity")
    return found[0]
