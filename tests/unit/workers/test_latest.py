"""workers/latest.py"""

from memory.conditions import EVERYTHING, Filters, scoped
from memory.records import Scope
from memory.states import newest
from tests.unit.workers.fakes import HOME, NOW, House
from workers.latest import latest, latest_states

BELOW = Scope(HOME.tenant, "home7", below=True)


async def test_the_newest_of_what_is_searched_for(house: House) -> None:
    await house.remember(1, "old", at=NOW - 9)
    await house.remember(2, "new", at=NOW - 1)
    await house.remember(3, "newer, elsewhere", at=NOW, entity="home8")
    where = scoped(HOME, EVERYTHING, None)
    assert (found := await latest(house.store, where)) is not None
    assert found.text == "new"
    assert await latest(house.store, scoped(HOME, Filters(kinds=["goal"]), None)) is None


async def test_of_one_instant_it_is_the_one_that_counts_as_the_newest(house: House) -> None:
    same = [await house.remember(n, f"said {n}", at=NOW) for n in range(5)]
    found = await latest(house.store, scoped(HOME, EVERYTHING, None))
    assert found is not None
    assert found.id == newest(same)[0].id


async def test_each_attribute_of_each_entity_has_its_own(house: House) -> None:
    for number, room in enumerate(("home7/hall", "home7/loft")):
        for age in (5, 1):
            await house.remember(
                10 * number + age, f"{room} {age}", entity=room, attribute="temperature", at=NOW - age
            )
    asked = [("home7/hall", "temperature"), ("home7/loft", "humidity")]
    found = await latest_states(house.store, scoped(BELOW, EVERYTHING, None), asked)
    assert {attribute: memory.text for attribute, memory in found.items()} == {asked[0]: "home7/hall 1"}
