"""A kitchen whose readings and talks are condensed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from memory.audit_log import AuditLog
from memory.conditions import Filters, scoped
from memory.embedding import Embedder
from memory.ledger import Entry, Ledger
from memory.lexicon import lexicon
from memory.measured import Value
from memory.policies import PortionRules
from memory.portions import Portion, portions_of
from memory.published import Published
from memory.records import ENGLISH, Embedded, Memory, Scope
from memory.store_twin import TwinStore
from tests.contract.memories import a_memory
from tests.unit.workers.fakes import WordsModel
from workers.auditing import Auditing, AuditLimits
from workers.condensing import Condensing, Made
from workers.deadletters import DeadLetters
from workers.forgetting import Forgetting

KITCHEN = Scope("acme", "home7/kitchen")
NOON = 1_700_049_600.0

Act = Callable[[], Awaitable[object]]


class Kitchen:
    """A store, a ledger, and what condenses; each step of the store may be interrupted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = TwinStore()
        self.model = WordsModel()
        self.ledger = Ledger(directory / "ledger.sqlite3")
        self.embedder = Embedder(self.model, threads=1, cache_texts_max=9)
        self.rules = PortionRules(keep_max=10, keep_from_importance=0.8)
        self.condensing = Condensing(
            self.store, self.embedder, lexicon(ENGLISH), lambda _portion: self.rules, ledger=self.ledger
        )
        self.forgetting = Forgetting(
            self.store,
            auditing=Auditing(
                AuditLog(directory / "audit.sqlite3"), AuditLimits(1.0), lambda _part, _trouble: None
            ),
            ledger=Ledger(directory / "ledger.sqlite3"),
            digests=Published(directory / "digests.sqlite3"),
            letters=DeadLetters(directory / "letters", 10**6),
            embedders=[],
            publish=self._publish,
        )
        self.steps = 0
        self._interrupt: tuple[int, Act] | None = None
        for name in ("samples", "newest", "page", "known", "upsert", "vectors", "remove", "forget", "flush"):
            setattr(self.store, name, self._stepping(getattr(self.store, name)))

    async def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        pass

    async def put(self, **fields: Any) -> Memory:
        memory = a_memory(**{"entity": KITCHEN.entity, "at": NOON, "received": NOON + 1, **fields})
        [vector] = self.model.encode([memory.text])
        await self.store.upsert([Embedded(memory, vector, lexicon(ENGLISH).document(memory.text))])
        return memory

    async def read(self, value: Value, after: float = 0.0, **fields: Any) -> Memory:
        usual = {"kind": "reading", "attribute": "temperature", "unit": "Cel", "device": "thermo"}
        return await self.put(value=value, at=NOON + after, text=f"{value}", **(usual | fields))

    async def condense(self, portion: Portion) -> Made:
        """As the summarizer does, without its flush."""
        made = await self.condensing.condense(portion)
        if made.summary is not None and made.retold:
            entry = Entry(
                merged=dict.fromkeys(made.retold, made.summary.id),
                counted=made.counted,
                counted_at=made.summary.received,
            )
            self.ledger.write(entry, NOON)
            await self.store.remove(made.retold)
        return made

    async def all(self, portion: Portion) -> list[Memory | None]:
        """The summaries of a portion and of those above it."""
        found: list[Memory | None] = []
        of: Portion | None = portion
        while of is not None:
            found.append((await self.condense(of)).summary)
            of = of.above
        return found

    async def there(self, **filters: Any) -> list[Memory]:
        return await self.store.newest(scoped(KITCHEN, Filters(**filters), None), 1000, oldest_first=True)

    async def raws(self) -> list[Memory]:
        return [each for each in await self.there() if each.tier == "raw"]

    async def forget(self, memory: Memory) -> None:
        where = scoped(Scope(memory.tenant, memory.entity), Filters(ids=[memory.id]), None)
        await self.forgetting.forget(where, client="phone")

    def interrupt_at(self, step: int, act: Act) -> None:
        self.steps, self._interrupt = 0, (step, act)

    def interrupt_no_more(self) -> None:
        self._interrupt = None

    @property
    def was_interrupted(self) -> bool:
        return self._interrupt is None

    def _stepping(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stepping(*args: Any, **more: Any) -> Any:
            await self._step()
            result = await method(*args, **more)
            await self._step()
            return result

        return stepping

    async def _step(self) -> None:
        self.steps += 1
        if self._interrupt is not None and self.steps == self._interrupt[0]:
            _, act = self._interrupt
            self._interrupt = None
            await act()


def hour_of(memory: Memory) -> Portion:
    return portions_of(memory)[0]


def figures(summary: Memory | None) -> tuple[Any, ...]:
    assert summary is not None
    assert summary.measured is not None
    whole = summary.measured
    return whole.count, whole.min, whole.max, whole.first, whole.last


async def many(world: Kitchen, count: int = 60) -> list[Memory]:
    return [await world.read(20 + n / 10, 10.0 * n) for n in range(count)]
