"""workers/looking_back.py"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memory.ledger import Ledger
from memory.portions import Pace, portions_of
from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, a_memory, put
from workers import looking_back
from workers.looking_back import LookingBack

FAR = 4e9


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.sqlite3")
    yield made
    made.close()


@pytest.fixture
async def store() -> TwinStore:
    made = TwinStore()
    await made.open(IDENTITY)
    return made


async def test_all_raw_memories_of_all_tenants_are_noted_once_page_by_page(
    store: TwinStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "PAGE", 2)
    raws = [a_memory(tenant=f"t{n % 2}", entity=f"home{n}", session=f"s{n}") for n in range(5)]
    summary, secret = a_memory(tier="summary", kind="summary"), a_memory(session="secret")
    await put(store, *raws, summary, secret)
    await store.forget([secret.id], 5.0)
    steps: list[Any] = []
    while not steps or steps[-1] is not None:
        steps.append(await LookingBack(store, ledger).step())  # as after a restart
    assert steps == [2, 2, 1, None]
    assert set(ledger.due(FAR, Pace(), 9)) == {portions_of(each)[0] for each in raws}
    assert {entity for entity, _ in ledger.changed(FAR, 9)} == {(each.tenant, each.entity) for each in raws}
    await put(store, a_memory(session="later"))
    assert await LookingBack(store, ledger).step() is None


async def test_of_an_empty_store_it_is_done_at_once(store: TwinStore, ledger: Ledger) -> None:
    back = LookingBack(store, ledger)
    assert [await back.step(), await back.step()] == [0, None]
    assert ledger.due_count() == 0


async def test_what_is_to_be_renewed_first_is_waited_for(
    store: TwinStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, a_memory(session="s1"))
    with monkeypatch.context() as older:
        older.setattr(TwinStore, "renewal_due", property(lambda _self: True))
        assert [await LookingBack(store, ledger).step() for _ in range(2)] == [0, 0]
    assert await LookingBack(store, ledger).step() == 1
    assert ledger.due_count() == 1
