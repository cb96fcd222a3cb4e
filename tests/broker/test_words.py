"""A memory's words, from the topic to the store, and anew in another language while it serves."""

from pathlib import Path

from broker_bridge.url import BrokerUrl
from memory.conditions import EVERYTHING, scoped
from memory.lexicon import lexicon
from memory.records import Language, Scope
from memory.store_edge import EdgeStore
from tests.broker.conftest import Up, running
from tests.conftest import free_port
from tests.mqtt import RawClient, decoded

HERE = scoped(Scope("home", "home7"), EVERYTHING, None)


def as_operator(up: Up) -> BrokerUrl:
    return BrokerUrl("127.0.0.1", up.port, "operator", up.password("operator"))


async def kept(data: Path, question: str, language: Language) -> set[str]:
    """What a store that stands still finds by words."""
    store = EdgeStore(data / "store")
    await store.open_as_it_is()
    assert not store.renewal_due
    found = dict(await store.matching(HERE, HERE, lexicon(language).query(question), 10))
    texts = {memory.text for memory in (await store.memories([*found])).values()}
    await store.close()
    return texts


async def test_what_is_observed_and_what_is_changed_is_found_by_its_words(tmp_path: Path) -> None:
    data = tmp_path / "up" / "data"
    with running(data, free_port()) as up:
        async with RawClient.connected(as_operator(up), "home", "phone") as phone:
            [first] = await phone.observe("home7", {"text": "Ana likes green tea"})
            await phone.observe("home7", [{"text": "zwei Häuser am Hafen"}, {"value": 21.53, "unit": "Cel"}])
            update = {"op": "update", "memory": first["memory"], "text": "Ana likes black coffee"}
            assert (await phone.ask("home7", update, verb="manage"))["ok"]
    assert await kept(data, "who likes tea?", "english") == {"Ana likes black coffee"}
    assert await kept(data, "green tea", "english") == set()
    assert await kept(data, "21.53", "english") == {"home7 21.53 °C"}, (
        "every digit, though its vector has two"
    )
    assert await kept(data, "Haus", "english") == set()

    with running(data, free_port(), language="german") as up:
        async with RawClient.connected(as_operator(up), "home", "watcher") as watcher:
            await watcher.mqtt.subscribe("mem/v1/_sys/query/1/stats")
            while not decoded(await watcher.next())["gauges"]["erasures"]:
                pass
    assert await kept(data, "Haus", "german") == {"zwei Häuser am Hafen"}
