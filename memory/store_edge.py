"""Qdrant Edge: the store inside our process, one directory (`memory/edge_place.py`), one owner.

Every call into Edge holds the GIL, so a thread would win nothing: the methods call it in place, and
callers keep batches small. `update()` that returned survives the death of the process; a power cut, once
the log of the shard is synced (`memory/edge_log.py`), or the shard flushed.

Deleting in Edge only marks: what was forgotten stays in its files. So `erase` makes the next generation of
the whole store beside the live one, without what was forgotten, switches, and removes the old one. The same
copy renews what an earlier version stored, and makes words that are missing or another language's.
"""

import asyncio
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import qdrant_edge as edge

from memory.conditions import Where
from memory.edge_ahead import ReadAhead
from memory.edge_copy import EdgeCopy, to_other_disk
from memory.edge_faults import HINT, closed_on_failure, faults
from memory.edge_generation import load, made_with, make
from memory.edge_live import EdgeLive
from memory.edge_place import EdgePlace, bytes_of, make_whole, shard_of
from memory.edge_points import (
    bare_shard,
    indexing,
    to_memory,
    to_point,
    to_repeats,
    to_repeats_in_copy,
    to_revision,
    to_tombstone,
)
from memory.edge_proof import is_whole
from memory.edge_reading import EdgeReading
from memory.errors import StoreError, StoreFailed
from memory.lexicon import Lexicon, lexicon
from memory.payload import sample_of
from memory.records import (
    LAYOUT,
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
from memory.store import Scored, point_ids, refuse_doubtful
from memory.store_lock import StoreLock, taken
from memory.upkeep import Upkeep
from schemas.service import Durability

POINTS_PER_UPDATE = 64
"""Some 2 ms in which nothing else in this process runs; between two, others have their turn."""
COPY_TRIES = 3
"""Of a backup, while something is forgotten each time; restoring one erases what its log may hold."""
REMOVED_MIN, REMOVED_PART = 10_000, 3
"""Removed points that are worth a rewriting: so many, and one for three of those that are left."""
POINTS_PROVED = 64
"""Read whole at opening: a file that is empty, short or not its own shows in any of them."""


class EdgeStore:
    """A `MemoryStore` in a directory of its own."""

    survives: Durability = "power"

    def __init__(self, directory: Path, lock: StoreLock | None = None) -> None:
        """A `lock` that was taken before is kept; closing lets go of it either way."""
        self._directory = directory
        self._place = EdgePlace(directory)
        self._lock = lock or StoreLock(directory)
        self._opened: EdgeLive | None = None
        self._ahead: ReadAhead | None = None
        self._identity: Identity | None = None
        self._copying = asyncio.Lock()
        self._copy: EdgeCopy | None = None
        self._forgot_while_copying = False
        self._kept: Identity | None = None
        """What the live generation holds, which may be older than what it is asked to serve."""
        self._unsettled = False
        """Whether `current` may name another generation than ours."""

    async def open(self, identity: Identity) -> None:
        """See MemoryStore.open."""
        if self._opened is not None:
            raise taken(self._directory, str(os.getpid()))
        with faults(f"opening the store in {self._directory}"):
            self._lock.take()
            try:
                self._place.check_room()
                self._opened = self._proven(identity)
            except BaseException:
                self._lock.release()
                raise
            self._identity = identity
            self._ahead = ReadAhead(shard_of(self._opened.generation))

    async def open_as_it_is(self) -> None:
        """Opens a store whatever it was made with: to copy it, nothing is compared. Raises as `open` does."""
        live = self._place.live()
        if live is None:
            raise StoreError(f"{self._directory} holds no store", hint="check MEMBROKER_DATA")
        await self.open(replace(made_with(live), layout=LAYOUT))

    async def close(self) -> None:
        """See MemoryStore.close."""
        live, self._opened = self._opened, None
        if live is None:
            return
        if self._ahead is not None:
            self._ahead.stop()
        try:
            with faults("closing the store"):
                try:
                    live.flush()
                finally:
                    live.close()
        finally:
            self._lock.release()

    async def known(self, ids: Sequence[str]) -> Known:
        """See MemoryStore.known."""
        with faults("looking ids up"):
            return self._live.known(ids)

    async def upsert(self, batch: Sequence[Embedded]) -> None:
        """See MemoryStore.upsert."""
        refuse_doubtful(batch, self._made_with.dimension)
        with faults(f"storing {len(batch)} memories"):
            await self._put([each.memory.id for each in batch], await _points(batch))

    async def forget(self, ids: Sequence[str], at: float) -> None:
        """See MemoryStore.forget."""
        with faults(f"forgetting {len(ids)} memories"):
            self._live  # noqa: B018 - raises when not open
            points = [to_tombstone(memory_id, at) for memory_id in ids]
            if not points:
                return
            self._forgot_while_copying = True
            self._place.note_erase_due()
            await self._put(ids, points)

    async def remove(self, ids: Sequence[str]) -> None:
        """See MemoryStore.remove."""
        named = point_ids(ids)
        with faults(f"removing {len(named)} memories"):
            for start in range(0, len(named), POINTS_PER_UPDATE):
                some = named[start : start + POINTS_PER_UPDATE]
                await self._change([(self._live.removal(some), some)])

    async def revise(self, memories: Sequence[Memory]) -> None:
        """See MemoryStore.revise."""
        with faults(f"revising {len(memories)} memories"):
            revisions = [(to_revision(memory, older=self._is_older), [memory.id]) for memory in memories]
            await self._change(revisions)

    async def reinforce(self, repeats: Sequence[Repeated | Recalled]) -> None:
        """See MemoryStore.reinforce."""
        with faults(f"counting repeats of {len(repeats)} memories"):
            self._live  # noqa: B018 - raises when not open
            self._place.check_room()
            for start in range(0, len(repeats), POINTS_PER_UPDATE):
                await self._reinforce(repeats[start : start + POINTS_PER_UPDATE])
                await asyncio.sleep(0)

    async def _reinforce(self, some: Sequence[Repeated | Recalled]) -> None:
        """By id: a condition takes twice as long. It would change a tombstone, too, so these are looked for.

        Nothing waits between the look and the changes.
        """
        there = (await self.known([repeated.id for repeated in some])).stored
        said_again = [repeated for repeated in some if repeated.id in there]
        self._live.reinforce(map(to_repeats, said_again))
        if self._copy is not None:
            for repeated in said_again:
                self._copy.mirror(to_repeats_in_copy(repeated))

    @property
    def erase_due(self) -> bool:
        """See MemoryStore.erase_due."""
        return self._place.erase_due or (
            self._opened is not None
            and self._opened.removed
            >= max(REMOVED_MIN, self._opened.shard.info().points_count // REMOVED_PART)
        )

    @property
    def renewal_due(self) -> bool:
        """See MemoryStore.renewal_due."""
        return self._kept != self._identity

    async def erase(self) -> None:
        """See MemoryStore.erase. Takes a second for some 5,000 memories, and as much room again meanwhile."""
        with faults("erasing what was forgotten"):
            async with self._copying:
                self._settle()
                self._forgot_while_copying = False
                await self._next_generation()
                await asyncio.to_thread(self._place.sweep)
                if not self._forgot_while_copying:
                    self._place.note_erased()

    async def copy_to(self, generation: Path) -> int:
        """Makes a new directory a generation with everything remembered, as of the end; how many points.

        It is made on our own disk, where there is room for certain, and only its finished files go to the
        other one, in a thread: what Edge maps there would end us where that is full, or stall us where slow.
        """
        with faults(f"copying the store to {generation}"):
            async with self._copying:
                made = self._place.new()
                try:
                    copied = await self._copy_at_rest(made)
                    await to_other_disk(made, generation)
                finally:
                    await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)
                return copied

    async def flush(self) -> None:
        """See MemoryStore.flush."""
        with faults("flushing"):
            self._place.check_room()
            self._settle()
            live = self._live
            try:
                await live.sync()
            except OSError:
                if self._opened in (live, None):
                    raise
                # Meanwhile a next generation took its place, in which all of it was flushed.

    async def nearest(self, where: Where, vector: Vector, limit: int) -> dict[str, float]:
        """See MemoryStore.nearest."""
        return self._reading.nearest(where, vector, limit)

    async def matching(self, where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        """See MemoryStore.matching."""
        return self._reading.matching(where, corpus, words, limit)

    async def holding(
        self, where: Where, wanted: Sequence[Collection[int]], limit: int
    ) -> tuple[list[str], bool]:
        """See MemoryStore.holding."""
        return self._reading.holding(where, wanted, limit)

    async def memories(self, ids: Sequence[str]) -> dict[str, Memory]:
        """See MemoryStore.memories."""
        return self._reading.memories(ids)

    async def similarities(self, where: Where, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """See MemoryStore.similarities."""
        return self._reading.similarities(where, vector, ids)

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """See MemoryStore.newest."""
        return self._reading.ordered(where, "at", limit, descending=not oldest_first)

    async def extremes(self, where: Where, limit: int, *, largest: bool) -> list[Memory]:
        """See MemoryStore.extremes."""
        return self._reading.ordered(where, "number", limit, descending=largest)

    async def samples(self, where: Where, limit: int, after: str | None = None) -> list[Sample]:
        """See MemoryStore.samples."""
        found = self._reading.samples(where, limit, after)
        return [sample_of(str(point.id), point.payload or {}) for point in found]

    async def page(self, where: Where, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.page."""
        return [to_memory(point) for point in self._reading.listed(where, limit, after)]

    async def kept(self, upkeep: Upkeep, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.kept."""
        return [to_memory(point) for point in self._reading.kept(upkeep, limit, after)]

    async def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See MemoryStore.vectors."""
        return self._reading.vectors(ids)

    async def count(self, where: Where) -> int:
        """See MemoryStore.count."""
        return self._reading.count(where)

    async def count_by(self, where: Where, field: str) -> dict[str, int]:
        """See MemoryStore.count_by."""
        return self._reading.count_by(where, field)

    async def values(self, where: Where, field: str) -> list[str]:
        """See MemoryStore.values."""
        return self._reading.values(where, field)

    async def points(self) -> int:
        """See MemoryStore.points."""
        with faults("counting"):
            return self._shard.info().points_count

    @property
    def _reading(self) -> EdgeReading:
        return EdgeReading(self._live, older=self._is_older)

    @property
    def _is_older(self) -> bool:
        return self._kept is not None and self._kept.layout < LAYOUT

    async def _put(self, ids: Sequence[str], points: list[edge.Point]) -> None:
        steps = [
            slice(start, start + POINTS_PER_UPDATE) for start in range(0, len(points), POINTS_PER_UPDATE)
        ]
        await self._change([(edge.UpdateOperation.upsert_points(points[step]), ids[step]) for step in steps])

    async def _change(self, changes: Sequence[tuple[edge.UpdateOperation, Sequence[str]]]) -> None:
        """Makes each change, of points by id, in a copy under way as well; then others have their turn."""
        self._live  # noqa: B018 - raises when not open
        self._place.check_room()
        for change, ids in changes:
            self._live.update(change, ids)
            if self._copy is not None:
                self._copy.mirror(change)
            await asyncio.sleep(0)

    async def _next_generation(self) -> None:
        """Goes on in a copy of the store. Nothing waits between the end of copying and the switch."""
        generation = self._place.new()
        try:
            _, shard = await self._copy_into(generation)
        except BaseException:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        self._unsettled = True
        with closed_on_failure(shard):
            self._place.switch(generation)
        self._unsettled = False
        before, self._opened = self._live, EdgeLive(generation, shard)
        self._kept = self._made_with
        try:
            await asyncio.sleep(0)  # to close it takes as long as to flush it
        finally:
            before.close()

    def _settle(self) -> None:
        """After a switch that raised: the disk may name the one or the other, and has to name ours again.

        Until then both hold all that was flushed, and nothing more is.
        """
        if self._unsettled:
            self._place.switch(self._live.generation)
            self._unsettled = False
            self._place.sweep()

    async def _copy_at_rest(self, generation: Path) -> int:
        """A closed copy; made anew where something was forgotten meanwhile, which its log would keep."""
        for last in (False,) * (COPY_TRIES - 1) + (True,):
            self._forgot_while_copying = False
            copied, shard = await self._copy_into(generation)
            shard.close()
            if last or not self._forgot_while_copying:
                break
            await asyncio.to_thread(shutil.rmtree, generation)
            generation.mkdir()
        return copied

    async def _copy_into(self, generation: Path) -> tuple[int, edge.EdgeShard]:
        """How many points were copied, and the shard with them, flushed."""
        source = self._shard
        self._place.check_room(bytes_of(self._place.directory))
        target = bare_shard(str(shard_of(generation)), self._made_with.dimension)
        self._copy = EdgeCopy(source, target, self._lexicon_due())
        try:
            for _ in indexing(target):
                await asyncio.sleep(0)
            copied = await self._copy.run()
            make_whole(generation, self._made_with)
        except BaseException:
            target.close()
            raise
        finally:
            self._copy = None
        return copied, target

    def _lexicon_due(self) -> Lexicon | None:
        language = self._made_with.language
        is_due = self._kept is not None and self._kept.language != language
        return lexicon(language) if is_due and language is not None else None

    def _proven(self, identity: Identity) -> EdgeLive:
        """The generation in use, or a new one. Before it has proved itself nothing else is removed."""
        generation = self._place.live() or make(self._place, identity)
        shard = load(generation, identity)
        with closed_on_failure(shard):
            _prove(shard)
            live = EdgeLive(generation, shard)
            live.check()
            # What an owner that was killed had stored and not flushed is replayed from the log now: a
            # duplicate of it gets its receipt without another flush, so it has to be safe before that.
            live.flush()
            # An older layout says nowhere which it is; and a switch that was cut short may not be durable.
            self._place.switch(generation)
            self._kept = made_with(generation)
            self._unsettled = False
            self._place.sweep()
        return live

    @property
    def _live(self) -> EdgeLive:
        if self._opened is None:
            raise StoreError(f"the store in {self._directory} is not open", hint="open it first")
        return self._opened

    @property
    def _shard(self) -> edge.EdgeShard:
        return self._live.shard

    @property
    def _made_with(self) -> Identity:
        self._live  # noqa: B018 - raises when not open
        assert self._identity is not None, "set before the shard"  # noqa: S101
        return self._identity


async def _points(batch: Sequence[Embedded]) -> list[edge.Point]:
    """All of them before the first is stored: one may be refused. Others have their turn meanwhile."""
    points = []
    for start in range(0, len(batch), POINTS_PER_UPDATE):
        points += [to_point(item) for item in batch[start : start + POINTS_PER_UPDATE]]
        await asyncio.sleep(0)
    return points


def _prove(shard: edge.EdgeShard) -> None:
    """Looks at what Edge opens without looking, at some memories."""
    found, _ = shard.scroll(edge.ScrollRequest(limit=POINTS_PROVED, with_payload=True, with_vector=True))
    if not all(map(is_whole, found)):
        raise StoreFailed("memories have lost their vectors or payloads: a file is damaged", hint=HINT)
