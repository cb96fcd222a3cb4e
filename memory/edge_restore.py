"""Puts a copy of a store in the place of the one that is there, or of none. Blocks; nobody has the store."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import qdrant_edge as edge

from memory.disk import copy_tree, sync
from memory.edge_faults import faults
from memory.edge_place import EdgePlace, bytes_of, identity_of, make_whole, shard_of
from memory.edge_points import to_tombstone
from memory.edge_proof import STEP_POINTS, prove_each
from memory.errors import StoreError
from memory.payload import FORGOTTEN
from memory.records import Identity
from memory.store_lock import StoreLock


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored store took from the one before it."""

    forgotten: int | None
    """Memories that stay forgotten; None: it could not be read."""


def restore(copy: Path, directory: Path, *, points: int, replace: bool) -> Restored:
    """Makes the copy (a generation) the live one once it has proved itself; until then the old one is.

    What was forgotten in the old one stays forgotten, where it can be read.

    Raises:
        StoreTaken: a process has the store.
        StoreError: there is a store and `replace` is not said; or the copy is damaged, or has not so many
            points. Whatever was there is as it was.
    """
    identity = _identity_of(copy)
    place = EdgePlace(directory)
    lock = StoreLock(directory)
    lock.take()
    try:
        if not replace and place.live() is not None:
            raise StoreError(
                f"{directory} holds a store already", hint="add --replace to put the backup in its place"
            )
        place.check_room(bytes_of(copy))
        before = _forgotten_before(place)
        generation = place.new()
        try:
            with faults(f"restoring {copy}"):
                _fill(generation, copy, points, before.tombstones)
                make_whole(generation, identity)
        except BaseException:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        # Its log may hold a text that was forgotten while the copy was made, its points one forgotten since.
        place.note_erase_due()
        place.switch(generation)
        place.sweep()
    finally:
        lock.release()
    return Restored(len(before.tombstones) if before.is_sure else None)


def _fill(generation: Path, copy: Path, points: int, tombstones: list[edge.Point]) -> None:
    copy_tree(shard_of(copy), shard_of(generation))
    shard = edge.EdgeShard.load(str(shard_of(generation)))
    try:
        prove_each(shard, points)
        for start in range(0, len(tombstones), STEP_POINTS):
            shard.update(edge.UpdateOperation.upsert_points(tombstones[start : start + STEP_POINTS]))
        shard.flush()
    finally:
        shard.close()
    for file in generation.rglob("*"):
        sync(file)


def _identity_of(copy: Path) -> Identity:
    try:
        return identity_of(copy)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{copy} holds no whole store: {error}", hint="take another backup") from error


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """What was forgotten before; not sure where something could not be read."""

    tombstones: list[edge.Point]
    is_sure: bool


def _forgotten_before(place: EdgePlace) -> _Forgotten:
    """Of the live generation; where nothing says which that is, of all that are there."""
    try:
        live = place.live()
        generations = place.generations() if live is None else [live]
    except StoreError:
        generations = place.generations()
    found = [_forgotten_in(generation) for generation in generations]
    by_id = {point.id: point for tombstones in found for point in tombstones or ()}
    return _Forgotten(list(by_id.values()), None not in found)


def _forgotten_in(generation: Path) -> list[edge.Point] | None:
    """The tombstones of a store; None where it is too damaged to say."""
    try:
        with faults(f"reading {generation}"):
            shard = edge.EdgeShard.load(str(shard_of(generation)))
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
