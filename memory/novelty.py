"""How like each other the last memories of an entity are: what was said just now is no news. No search."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.records import Memory, Vector

MEMORIES_KEPT = 32
"""Of an entity: a talk, or an hour of events."""
ENTITIES_KEPT = 256
"""Those that told something last; 13 MB in all with 384 dimensions."""


@dataclass(slots=True)
class _Ring:
    vectors: NDArray[np.float32]
    count: int = 0


class Recent:
    """The vectors of each entity's last memories; after a start it knows none.

    Nothing is found by them, and they are no text: what is forgotten has gone from here 32 memories later.
    """

    def __init__(self) -> None:
        self._rings: OrderedDict[tuple[str, str], _Ring] = OrderedDict()

    def nearest(self, memory: Memory, vector: Vector) -> float | None:
        """The cosine to the nearest of the entity's recent memories, of which it is one from now on."""
        ring = self._ring(memory, len(vector))
        known = ring.vectors[: min(ring.count, MEMORIES_KEPT)]
        nearest = float((known @ vector).max()) if len(known) else None
        ring.vectors[ring.count % MEMORIES_KEPT] = vector
        ring.count += 1
        return nearest

    def _ring(self, memory: Memory, dimension: int) -> _Ring:
        whose = memory.tenant, memory.entity
        if (ring := self._rings.get(whose)) is None:
            ring = self._rings[whose] = _Ring(np.empty((MEMORIES_KEPT, dimension), dtype=np.float32))
            if len(self._rings) > ENTITIES_KEPT:
                self._rings.popitem(last=False)
        self._rings.move_to_end(whose)
        return ring
