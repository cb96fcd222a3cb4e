"""Who may change a tenant's memories now: one after the other."""

import asyncio
from weakref import WeakValueDictionary


class Changing:
    """A lock for each tenant: no change brings back what another forgets, and no tenant waits for another."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, tenant: str) -> asyncio.Lock:
        """The tenant's lock, there for as long as somebody has it."""
        return self._locks.setdefault(tenant, asyncio.Lock())
