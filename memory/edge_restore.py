"""Puts a copy of a store in the place of the one that is there, or of none. Blocks; nobody has the store."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import qdrant_edge as edge

from memory.disk import sync
from memory.edge_place import EdgePlace, bytes_of, identity_of, make_whole, shard_of
from memory.edge_points import to_tombstone
from memory.errors import StoreError
from memory.payload import FORGOTTEN
from memory.records import Identity
from memory.store_lock import StoreLock

STEP_POINTS = 256


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored store took from the one before it."""

    forgotten: int | None
    """Memories that stay forgotten; None: it could not be read."""


def restore(copy: Path, directory: Path, *, replace: bool) -> Restored:
    """Makes the copy (a generation) the live one; until the last step the old one is.

    What was forgotten in the old one stays forgotten, where it can be read.

    Raises:
        StoreTaken: a process has the store.
        StoreError: there is a store and `replace` is not said; or the copy is not whole.
    """
    identity = _identity_of(copy)
    place = EdgePlace(directory)
    lock = StoreLock(directory)
    lock.take()
    try:
        live = place.live() if not replace else _live_or_none(place)
        if live is not None and not replace:
            raise StoreError(
                f"{directory} holds a store already", hint="add --replace to put the backup in its place"
            )
        place.check_room(bytes_of(copy))
        forgotten = [] if live is None else _forgotten_in(live)
        generation = place.new()
        shutil.copytree(shard_of(copy), shard_of(generation))
        if forgotten:
            place.note_erase_due()  # the copy holds their texts
            _forget(generation, forgotten)
        for file in generation.rglob("*"):
            sync(file)
        make_whole(generation, identity)
        place.switch(generation)
        place.sweep()
    finally:
        lock.release()
    return Restored(None if forgotten is None else len(forgotten))


def _identity_of(copy: Path) -> Identity:
    try:
        return identity_of(copy)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{copy} holds no whole store: {error}", hint="take another backup") from error


def _live_or_none(place: EdgePlace) -> Path | None:
    """To replace a store, nothing has to be known of it."""
    try:
        return place.live()
    except StoreError:
        return None


def _forgotten_in(live: Path) -> list[edge.Point] | None:
    """The tombstones of a store; None where it is too damaged to say."""
    try:
        shard = edge.EdgeShard.load(str(shard_of(live)))
        try:
            return list(_tombstones(shard))
        finally:
            shard.close()
    except Exception:  # noqa: BLE001 - whatever is wrong with it is why it is replaced
        return None


def _tombstones(shard: edge.EdgeShard) -> Iterator[edge.Point]:
    everything = edge.RangeFloat(gte=0.0, lte=None)
    those = edge.Filter(must=[edge.FieldCondition(FORGOTTEN, range=everything)])
    offset: edge.PointId | None = None
    while True:
        request = edge.ScrollRequest(offset=offset, limit=STEP_POINTS, filter=those, with_payload=True)
        records, offset = shard.scroll(request)
        yield from (to_tombstone(str(record.id), (record.payload or {})[FORGOTTEN]) for record in records)
        if offset is None:
            return


def _forget(generation: Path, tombstones: list[edge.Point]) -> None:
    shard = edge.EdgeShard.load(str(shard_of(generation)))
    for start in range(0, len(tombstones), STEP_POINTS):
        shard.update(edge.UpdateOperation.upsert_points(tombstones[start : start + STEP_POINTS]))
    shard.flush()
    shard.close()
