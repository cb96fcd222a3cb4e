"""Repeats: what is said again is counted in the memory that says it already.

    likely → (the others are embedded) → decide → (the others are stored) → accept → write → (flush)

The ledger is written before the store is told, and remembers what it may not have been told: killed at any
instant, a repeat is counted once, however often it is sent.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from memory.ledger import Entity, Entry, Ledger
from memory.records import Known, Memory, Repeated
from memory.repeats import Claim, Rule, Standing, claim, is_repeat, replaces, standing
from memory.store import MemoryStore
from workers.admission import FORGOTTEN
from workers.arriving import Arriving
from workers.batch import Batch, Merged
from workers.intake import Accepted
from workers.outgrown import cut_back

STANDINGS_MAX = 50_000
"""Kept in memory, some 300 bytes each; others are read from the ledger."""
STANDINGS_KEPT_S = 2 * 86_400.0
"""Of what has its hour or its day: a late one begins a memory of its own."""
PRUNE_EVERY_S = 60.0
PRUNE_STEP = 2000
"""Rows of one statement: some milliseconds for which nothing else is written."""

log = logging.getLogger(__name__)

RuleOf = Callable[[Memory], Rule]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Merging:
    """What ingest knows of repeats. Raises StoreError where the ledger or the store is away."""

    def __init__(
        self, ledger: Ledger, store: MemoryStore, rule_of: RuleOf, resend_s: float, bytes_max: int
    ) -> None:
        """For `resend_s` after an observation was merged, a resend of it is known; for less where the ledger
        would take more than `bytes_max` of the disk.
        """
        self._ledger = ledger
        self._store = store
        self._rule_of = rule_of
        self._resend_s = resend_s
        self._bytes_max = bytes_max
        self._version = 0
        self._cached: OrderedDict[bytes, Standing] = OrderedDict()
        self._standings: dict[bytes, Standing] = {}
        """Not written yet, like the next two."""
        self._merged: dict[str, str] = {}
        self._repeated: dict[str, Standing] = {}
        self._arriving = Arriving()
        self._changed: set[Entity] = set()
        self._told: list[Repeated] = []
        """What the store was told; noted with the next entry."""

    async def recover(self) -> None:
        """Tells the store what it may not know, after a process ended in the middle."""
        if untold := await asyncio.to_thread(self._ledger.untold):
            await self._store.reinforce(untold)
            await self._store.flush()
            self._told += untold

    def likely(self, batch: Batch) -> set[str]:
        """Those that seem to be repeats, as far as is known without looking: not worth embedding yet."""
        there: dict[bytes, Standing] = {}
        likely = set()
        for memory_id, taken in batch.fresh.items():
            said = claim(taken.memory, self._rule_of(taken.memory), is_plain=taken.is_plain)
            if said is None:
                continue
            batch.claims[memory_id] = said
            stands = there.get(said.slot) or self._standings.get(said.slot) or self._cached.get(said.slot)
            if stands is not None and is_repeat(taken.memory, said, stands):
                likely.add(memory_id)
            elif replaces(taken.memory, stands):
                there[said.slot] = standing(taken.memory, said)
        return likely

    async def decide(self, batch: Batch) -> None:
        """Takes out of a batch what is counted elsewhere; what is left is to be stored."""
        claims = {each: said for each, said in batch.claims.items() if each in batch.fresh}
        before, there = await asyncio.to_thread(self._look_up, list(batch.fresh), claims.values())
        named = {*before.values(), *(stands.memory for stands in there.values())} - batch.fresh.keys()
        known = await self._store.known(list(named)) if named else Known()
        for memory_id, taken in list(batch.fresh.items()):
            counted_in = before.get(memory_id)
            if counted_in in known.forgotten:
                batch.refuse(memory_id, FORGOTTEN)
            elif counted_in is not None and counted_in in known.stored:
                batch.merge(memory_id, Merged(taken, counted_in, is_resend=True))
            elif memory_id in claims:
                self._place(batch, taken, claims[memory_id], there, known)

    def accept(self, batch: Batch) -> None:
        """What was decided holds, now that the batch is stored."""
        for memory_id, merged in batch.merged.items():
            if not merged.is_resend and batch.has(merged.memory):
                self._merged[memory_id] = merged.memory
        for slot, stands in batch.standings.items():
            if batch.has(stands.memory):
                self._standings[slot] = self._cached[slot] = stands
                self._cached.move_to_end(slot)
        came = [taken.memory for taken in batch.fresh.values() if batch.has(taken.memory.id)]
        came += [merged.taken.memory for merged in batch.merged.values() if not merged.is_resend]
        self._arriving.note(came, time.time())
        self._changed |= {(memory.tenant, memory.entity) for memory in came}
        self._repeated |= {each: stands for each, stands in batch.repeated.items() if batch.has(each)}
        while len(self._cached) > STANDINGS_MAX:
            self._cached.popitem(last=False)

    async def write(self) -> None:
        """Makes safe what was accepted, but for the store's flush; what failed is tried with the next."""
        standings, merged, repeated = dict(self._standings), dict(self._merged), dict(self._repeated)
        if not self._changed and not repeated:
            return
        arrivals, changed, told = self._arriving.take(), self._changed, self._told
        self._changed, self._told = set(), []
        repeats = [Repeated(s.memory, s.seen, s.first, s.at, s.expires) for s in repeated.values()]
        entry = Entry(standings, merged, repeats, told, arrivals, changed)
        try:
            await asyncio.to_thread(self._ledger.write, entry, time.time())
        except BaseException:
            self._arriving.give_back(arrivals)
            self._changed |= changed
            raise
        _drop(self._standings, standings)
        _drop(self._merged, merged)
        await self._store.reinforce(repeats)
        _drop(self._repeated, repeated)
        self._told = repeats

    async def run(self) -> None:
        """Prunes the ledger; runs until cancelled."""
        while True:
            await asyncio.sleep(PRUNE_EVERY_S)
            await self.prune(time.time())

    async def prune(self, now: float) -> None:
        """Drops what is over at `now` (epoch seconds), and what the ledger has no room for."""
        while await asyncio.to_thread(
            self._ledger.prune, now - STANDINGS_KEPT_S, now - self._resend_s, PRUNE_STEP
        ):
            await asyncio.sleep(0)
        oldest = partial(self._ledger.drop_merged, PRUNE_STEP)
        if dropped := await cut_back(self._ledger.bytes_used, self._bytes_max, oldest):
            log.warning(
                "the ledger is full: resends of the %d observations that were merged first are counted once"
                " more; raise ledger_bytes_max to know them for all of resend_days",
                dropped,
                extra={"action": "prune"},
            )

    def close(self) -> None:
        """Lets go of the file."""
        self._ledger.close()

    def _look_up(
        self, ids: Iterable[str], claims: Iterable[Claim]
    ) -> tuple[dict[str, str], dict[bytes, Standing]]:
        """Of observations, in which memory each was counted before; and what stands where the claims go."""
        if (version := self._ledger.version()) != self._version:
            self._version = version
            self._cached.clear()  # somebody forgot or changed a memory
        before = {each: self._merged[each] for each in ids if each in self._merged}
        before |= self._ledger.merged([each for each in ids if each not in before])
        there = {said.slot: self._standings.get(said.slot) or self._cached.get(said.slot) for said in claims}
        read = self._ledger.standings([slot for slot, stands in there.items() if stands is None])
        return before, {slot: stands for slot, stands in (there | read).items() if stands is not None}

    def _place(
        self, batch: Batch, taken: Accepted, said: Claim, there: dict[bytes, Standing], known: Known
    ) -> None:
        """Counts one observation where it is said already, or leaves it, to be counted in from now on."""
        memory, stands = taken.memory, there.get(said.slot)
        if stands is not None and said.slot not in batch.standings and stands.memory not in known.stored:
            stands = None  # it was forgotten, or is what a power cut took before it was safe
        if stands is not None and is_repeat(memory, said, stands):
            stands = stands.repeated(memory)
            batch.merge(memory.id, Merged(taken, stands.memory))
            batch.repeated[stands.memory] = stands
        elif replaces(memory, stands):
            stands = standing(memory, said)
        else:
            return
        there[said.slot] = batch.standings[said.slot] = stands


def _drop(ours: dict[Key, Value], written: Mapping[Key, Value]) -> None:
    """Leaves what came meanwhile."""
    for key, value in written.items():
        if ours.get(key) is value:
            del ours[key]
