"""workers/forgetting.py"""

import base64
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from memory.audit_log import AuditLog
from memory.conditions import EVERYTHING, Filters, scoped
from memory.errors import StoreError
from memory.ledger import Ledger
from memory.published import Published
from memory.records import Memory, Scope
from memory.store_twin import TwinStore
from schemas.service import DeadLetter
from tests.contract.memories import IDENTITY, a_memory, put
from workers import forgetting
from workers.auditing import Auditing, AuditLimits
from workers.deadletters import DeadLetters
from workers.forgetting import Forgetting

HOME = Scope("acme", "home7", below=True)


class World:
    """A store with what may be forgotten, and what else holds it."""

    def __init__(self, directory: Path) -> None:
        self.store = TwinStore()
        self.letters = DeadLetters(directory / "deadletters", 10**6)
        self.audit = Auditing(
            AuditLog(directory / "audit.sqlite3"), AuditLimits(1.0), lambda _part, _trouble: None
        )
        self.ledger = Ledger(directory / "ledger.sqlite3")
        self.digests = Published(directory / "digests.sqlite3")
        self.published: list[tuple[str, bytes, bool]] = []
        self.forgetting = Forgetting(
            self.store,
            auditing=self.audit,
            ledger=self.ledger,
            digests=self.digests,
            letters=self.letters,
            embedders=[],
            publish=self.publish,
        )

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.published.append((topic, payload, retain))

    async def forget(self, **filters: Any) -> Counter[str]:
        return await self.forgetting.forget(scoped(HOME, Filters(**filters), None), client="phone")

    async def left(self) -> set[str]:
        return {memory.text for memory in await self.store.newest(scoped(HOME, EVERYTHING, None), 100)}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    await made.store.open(IDENTITY)
    return made


def summary(text: str, *sources: Memory, entity: str = "home7") -> Memory:
    return a_memory(text=text, entity=entity, tier="summary", sources=[source.id for source in sources])


async def test_summaries_go_with_what_they_are_made_of_and_those_made_of_them(world: World) -> None:
    secret, other = a_memory(text="secret", entity="home7/ana"), a_memory(text="other", entity="home7/ana")
    hour = summary("hour", secret, other, entity="home7/ana")
    day = summary("day", hour)
    unrelated = summary("unrelated", other)
    await put(world.store, secret, other, hour, day, unrelated)
    counts = await world.forget(ids=[secret.id])
    assert (counts["forgotten"], counts["summaries"]) == (1, 2)
    assert await world.left() == {"other", "unrelated"}


async def test_a_summary_that_is_forgotten_with_its_sources_is_counted_once(world: World) -> None:
    secret = a_memory(text="secret")
    await put(world.store, secret, summary("hour", secret))
    counts = await world.forget()
    assert (counts["forgotten"], counts["summaries"]) == (2, 0)


async def test_a_circle_of_summaries_ends(world: World) -> None:
    one = a_memory(text="one")
    two = summary("two", one)
    await put(world.store, one, two)
    circle = a_memory(id=one.id, text="one", tier="summary", sources=[two.id])
    await put(world.store, circle)
    await world.forget(ids=[one.id])
    assert await world.left() == set()


async def test_all_is_written_down_before_anything_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = a_memory(text="secret")
    await put(world.store, memory)

    async def dies(*_: object) -> None:
        raise OSError("power went")

    with monkeypatch.context() as cut:
        cut.setattr(world.store, "forget", dies)
        with pytest.raises(OSError, match="power went"):
            await world.forget()
    [deed] = await world.audit.read(HOME, None, None, 10)
    assert (deed.did, deed.client, deed.memories) == ("forgot", "phone", [memory.id])
    assert await world.left() == {"secret"}
    assert (await world.forget())["forgotten"] == 1


def letter(entity: str, observation: dict[str, Any], *, tenant: str = "acme") -> DeadLetter:
    payload = json.dumps(observation).encode()
    return DeadLetter(
        letter="x", at=5.0, topic=f"mem/v1/{tenant}/obs/kiosk-1/{entity}", reason="fault", hint="",
        payload=base64.b64encode(payload).decode(), payload_bytes=len(payload),
    )  # fmt: skip


async def test_letters_that_say_the_same_of_the_same_entity_go(world: World) -> None:
    await put(world.store, a_memory(text="secret"))
    world.letters.keep(
        [
            letter("home7", {"text": "secret", "id": 1}),
            letter("home7", {"text": "other"}),
            letter("home8", {"text": "secret"}),
            letter("home7", {"text": "secret"}, tenant="other"),
        ]
    )
    assert (await world.forget())["letters"] == 1
    left = [json.loads(base64.b64decode(each.payload))["text"] for each in world.letters]
    assert left == ["other", "secret", "secret"]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (Scope("acme", "home7"), {"home7/ana", "home70", "unreadable"}),
        (Scope("acme", "home7", below=True), {"home70", "unreadable"}),
        (Scope("other", "home7", below=True), {"home7", "home7/ana", "home70", "unreadable"}),
    ],
)
async def test_letters_of_an_entity_go_with_all_of_it(world: World, scope: Scope, left: set[str]) -> None:
    world.letters.keep([letter(entity, {"text": entity}) for entity in ("home7", "home7/ana", "home70")])
    world.letters.keep([letter("a/+/b", {"text": "unreadable"})])
    await world.forgetting.forget_letters(scope)
    assert {json.loads(base64.b64decode(each.payload))["text"] for each in world.letters} == left


async def test_digests_of_the_entity_are_emptied_and_those_above_speak_of_others(world: World) -> None:
    await put(world.store, a_memory(entity="home7/ana"))
    counts = await world.forget()
    emptied = {topic for topic, payload, retain in world.published if retain and not payload}
    assert emptied == {f"mem/v1/acme/summary/{name}/home7/ana" for name in ("latest", "hour", "day", "month")}
    assert counts["retained"] == len(emptied)


async def test_a_digest_that_was_emptied_is_due_and_who_was_at_work_on_it_has_lost_its_turn(
    world: World,
) -> None:
    memory = a_memory(entity="home7/ana")
    topic = "mem/v1/acme/summary/latest/home7/ana"
    await put(world.store, memory)
    begun = world.digests.begin(topic, world.digests.stand(topic))
    assert begun is not None
    await world.forget()
    assert not world.digests.settle(topic, begun, b"tells of it", None)
    assert world.digests.due(0.0, 9) == [topic]


async def test_a_pass_ends_however_fast_new_ones_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(world.store, *(a_memory() for _ in range(3)))
    forget, new = world.store.forget, iter(range(100))

    async def and_one_more_comes(ids: Sequence[str], at: float) -> None:
        await forget(ids, at)
        await put(world.store, a_memory(id=str(UUID(int=next(new))), text="new"))

    monkeypatch.setattr(world.store, "forget", and_one_more_comes)
    assert (await world.forget())["forgotten"] == 3
    assert await world.left() == {"new"}


async def test_dead_letters_are_read_once_for_many_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PAGE", 2)
    await put(world.store, *(a_memory(text=f"secret {n}") for n in range(7)))
    world.letters.keep([letter("home7", {"text": "secret 5"})])
    read: list[int] = []
    remove = world.letters.remove
    monkeypatch.setattr(world.letters, "remove", lambda *by: read.append(1) or remove(*by))
    counts = await world.forget()
    assert (counts["forgotten"], counts["letters"], len(read)) == (7, 1, 1)


async def test_dead_letters_that_cannot_be_removed_are_a_fault_of_the_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    await put(world.store, a_memory(text="secret"))
    monkeypatch.setattr(world.letters, "remove", read_only)
    for forgets in (world.forget(), world.forgetting.forget_letters(HOME)):
        with pytest.raises(StoreError, match="Read-only file system"):
            await forgets
    assert await world.left() == {"secret"}
