"""workers/named.py"""

import pytest

from memory.records import Scope
from tests.unit.workers.fakes import HOME, NOW, House, numbered
from workers.named import named
from workers.unanswered import NotFound


async def test_the_memory_of_an_id_in_whatever_form(house: House) -> None:
    memory = await house.remember(1, "tea")
    assert await named(house.store, HOME, memory.id) == memory
    assert await named(house.store, HOME, memory.id.upper()) == memory


@pytest.mark.parametrize("scope", [Scope("other", "home7"), Scope("acme", "home70"), Scope("acme", "home")])
async def test_one_of_another_tenant_or_entity_is_not_found(house: House, scope: Scope) -> None:
    memory = await house.remember(1, "tea")
    with pytest.raises(NotFound, match="`memory`"):
        await named(house.store, scope, memory.id)


async def test_what_is_no_id_or_has_expired_is_not_found(house: House) -> None:
    await house.remember(1, "tea", expires=NOW - 1)
    for memory_id in ("tea", numbered(1), numbered(2)):
        with pytest.raises(NotFound):
            await named(house.store, HOME, memory_id)
