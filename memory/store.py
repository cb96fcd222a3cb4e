"""The one seam to what keeps memories. `tests/contract/test_store.py` holds every adapter to this page."""

import re
from collections.abc import Collection, Iterator, Sequence
from math import isfinite
from typing import Protocol
from uuid import UUID

import numpy as np

from memory.conditions import Where
from memory.errors import StoreMismatch, StoreRefused
from memory.records import (
    Embedded,
    Identity,
    Known,
    Memory,
    Recalled,
    Repeated,
    Sample,
    Vector,
    Words,
)
from memory.upkeep import Upkeep
from schemas.service import Durability

_IN_USUAL_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch

FACET_VALUES_MAX = 1000
"""Distinct values one count by field returns at most: kinds, devices, attributes of one scope."""


Scored = Iterator[tuple[str, float]]
"""Ids with their scores, best first; each is spelled out when it is looked at, for that takes its time."""


class MemoryStore(Protocol):
    """Keeps memories with their vectors, finds them by nearness, time and conditions.

    Every search is by a `Where`, so by tenant and entity. What an upsert returned from is seen by every
    search that starts later. What a flush returned from survives a power cut; what only an upsert
    returned from, the death of every process. Any method raises StoreError when the store is away or
    refuses; trying again is the caller's. A limit is at least 1.
    """

    survives: Durability
    """What a flush that returned survives: a power cut, or (a server syncs when it will) processes."""

    async def open(self, identity: Identity) -> None:
        """Makes the collection and its indexes, or opens what is there, and makes that safe from a power cut.

        Raises:
            StoreMismatch: it was made with another identity; both are named.
            StoreTaken: another process has it.
        """

    async def close(self) -> None:
        """Flushes, and lets go; closing twice is harmless."""

    async def known(self, ids: Sequence[str]) -> Known:
        """Those of the ids that are stored or forgotten, whatever their tenant: an id is made of it."""

    async def upsert(self, batch: Sequence[Embedded]) -> None:
        """Stores all of the batch; one with a known id takes its place, the last of a batch wins.

        Raises:
            StoreRefused: `refuse_doubtful` says why; nothing of the batch is stored then.
        """

    async def forget(self, ids: Sequence[str], at: float) -> None:
        """Puts a tombstone in the place of each memory: nothing finds it, `known` says that it was forgotten.

        What it said may stay on the disk until `erase`; forgetting survives what an upsert survives.
        """

    async def remove(self, ids: Sequence[str]) -> None:
        """Takes memories out without a trace: `known` knows nothing of them, a resend would be stored.

        A tombstone stays one. Removing survives what an upsert survives; the room is free after `erase`.
        """

    async def revise(self, memories: Sequence[Memory]) -> None:
        """Replaces what is kept of each memory beside its vector and its words; its text is still the same.

        One that is not there, of another tenant or entity there, or forgotten, stays so. It survives what an
        upsert survives.
        """

    async def reinforce(self, repeats: Sequence[Repeated | Recalled]) -> None:
        """Sets how often each memory was said, and when, or how often it was told; leaves the rest.

        One that is not there, or forgotten, stays so. It survives what an upsert survives.
        """

    @property
    def erase_due(self) -> bool:
        """Whether the disk may hold what was forgotten, or much that was removed, by us or before."""

    @property
    def renewal_due(self) -> bool:
        """Whether memories may be kept as an earlier version did, or without words of the language."""

    async def erase(self) -> None:
        """Takes what was forgotten off the disk and renews what is due; everything else goes on."""

    async def flush(self) -> None:
        """Returns when everything upserted or forgotten before the call is safe from a power cut."""

    async def nearest(self, where: Where, vector: Vector, limit: int) -> dict[str, float]:
        """The ids of the memories nearest by cosine similarity, nearest first; that is right to 0.001."""

    async def matching(self, where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        """The ids of those that hold most of the words by BM25, best first; who holds none is not found.

        A word weighs by its rarity, ln(1 + (N - n + 0.5) / (n + 0.5)), where it is in n of the N memories of
        `corpus`: the scope alone, so that a filter changes no score, and no memory of others does.
        The score, right to 0.001, is the sum over the words of that, of their weight in the question and in
        the memory. A memory whose words are still to be made (`renewal_due`) is not in the corpus.
        """

    async def holding(
        self, where: Where, wanted: Sequence[Collection[int]], limit: int
    ) -> tuple[list[str], bool]:
        """The ids of those that hold all that is wanted, each by any of some words; in any order.

        And whether there may be others: who has more than `limit` that hold something of it looks at the best
        alone, each word weighing alike (see `memory/holders.py`).
        """

    async def memories(self, ids: Sequence[str]) -> dict[str, Memory]:
        """Memories that a search found, by id; without those forgotten or removed meanwhile."""

    async def similarities(self, where: Where, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """The cosine similarity, right to 0.001, of those of the memories that are there."""

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """Memories by `at`, newest first (or oldest first); ties in any order."""

    async def extremes(self, where: Where, limit: int, *, largest: bool) -> list[Memory]:
        """Memories by the number that they measured, the largest (or smallest) first; ties in any order.

        What measured none is not found: a text, true or false; nor is what still has to be renewed.
        """

    async def samples(self, where: Where, limit: int, after: str | None = None) -> list[Sample]:
        """What was measured, page by page as `page` does it; what measured nothing is not among them."""

    async def page(self, where: Where, limit: int, after: str | None = None) -> list[Memory]:
        """Memories by id, those after an id: every one that is there throughout comes once, page by page."""

    async def kept(self, upkeep: Upkeep, limit: int, after: str | None = None) -> list[Memory]:
        """Memories of whole tenants by id, as `page` does it: for who looks after the store, for no request.

        What still has to be renewed is not found.
        """

    async def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """The vectors of memories that a search found, to compare them; without those forgotten meanwhile."""

    async def count(self, where: Where) -> int:
        """How many there are."""

    async def count_by(self, where: Where, field: str) -> dict[str, int]:
        """How many there are of each value of a keyword field; at most FACET_VALUES_MAX values."""

    async def values(self, where: Where, field: str) -> list[str]:
        """Which values of a keyword field there are; at most FACET_VALUES_MAX, those of the most memories.

        Uncounted, which is ten times faster: one may be named that its last memory has just lost.
        """

    async def points(self) -> int:
        """How many points there are in all, tombstones included."""


def check_kin(store: str, made_with: Identity, asked: Identity) -> None:
    """Raises StoreMismatch, naming both, rather than compare vectors of two models or read a later layout."""
    if not made_with.same_vectors(asked):
        raise StoreMismatch(
            f"{store} was made with {made_with}, and is asked to serve {asked}",
            hint="set MEMBROKER_MODEL back to the first, or start with an empty store",
        )
    if made_with.layout > asked.layout:
        raise StoreMismatch(
            f"{store} has layout {made_with.layout}, and this version knows {asked.layout}",
            hint="upgrade membroker to the version that had it, or newer",
        )


def refuse_doubtful(batch: Sequence[Embedded], dimension: int) -> None:
    """Every adapter's first step of an upsert.

    Edge accepts NaN, which then poisons every search, and keeps what it rejects in its log.
    """
    for item in batch:
        if item.vector.shape != (dimension,):
            raise _doubtful(item, f"has the shape {item.vector.shape}, not ({dimension},)")
    if batch and not np.isfinite(np.stack([item.vector for item in batch])).all():
        poisoned = next(item for item in batch if not np.isfinite(item.vector).all())
        raise _doubtful(poisoned, "holds NaN or infinity")
    for item in batch:
        indices, values = item.words.indices, item.words.values
        if len({*indices}) != len(values) or len(indices) != len(values) or not all(map(isfinite, values)):
            raise StoreRefused(
                f"the words of memory {item.memory.id} are no sparse vector: {item.words}",
                hint="make them by memory/lexicon.py",
            )


def point_ids(ids: Sequence[str]) -> list[str]:
    """Those of the ids that are UUIDs, in their usual form: other text names no memory, and upsets stores."""
    return [usual for usual in map(_usual, ids) if usual is not None]


def _doubtful(item: Embedded, fault: str) -> StoreRefused:
    return StoreRefused(
        f"the vector of memory {item.memory.id} {fault}", hint="check the model: membroker model check"
    )


def _usual(text: str) -> str | None:
    if _IN_USUAL_FORM(text):  # ours all are, and ten thousands a second are looked up
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return None
