"""Promise 5: whatever a stranger publishes, the next good observation and the next good query are served."""

import contextlib
import json
import os
from typing import Any

import aiomqtt
import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from schemas.observation import Observation
from schemas.requests import OPS, Recall
from schemas.wire import long_names
from tests.conftest import Memory
from tests.mqtt import RawClient, receipts

EXAMPLES = 150
CHECKED_EVERY = 10

numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=80), st.binary(max_size=80))
structures = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=10), inner, max_size=5)
    ),
    max_leaves=20,
)
names = st.sampled_from(
    sorted(
        long_names(Observation).keys() | long_names(Recall).keys() | {"op", "o", "memories", "where", "all"}
    )
)
ops = st.sampled_from([*(op for _, op in OPS), "zap"])
maps = st.dictionaries(names, structures, max_size=8)
requests = st.builds(lambda fields, op: {**fields, "op": op}, maps, ops)
values = st.one_of(maps, requests, st.lists(maps, max_size=6), structures)
payloads = st.one_of(
    st.binary(max_size=300),
    values.map(msgpack.packb),
    values.map(lambda value: json.dumps(value, default=str).encode()),
    st.builds(lambda value, cut: msgpack.packb(value)[:cut], values, st.integers(0, 200)),
)
levels = st.sampled_from(["e", "home7", "_all", "_x", "a b", "é", "", "x" * 70, "$share", "..", "%c"])
paths = st.lists(levels, max_size=10).map("/".join)
verbs = st.sampled_from(["obs", "query", "manage"])
messages = st.lists(st.tuples(verbs, paths, payloads, st.sampled_from([0, 1])), min_size=1, max_size=8)


async def throw(client: RawClient, thrown: list[tuple[str, str, bytes, int]]) -> None:
    for verb, path, payload, qos in thrown:
        await client.publish(client.topic(verb, path), payload, qos=qos)


async def is_still_served(client: RawClient) -> None:
    """A good observation and a good query, by ids of their own among whatever else is told."""
    name = os.urandom(8).hex()
    await client.publish(client.topic("obs", "good"), json.dumps({"id": name, "text": f"{name} is here"}))
    told: dict[Any, Any] = {}
    while name not in told:
        message = await client.next()
        if str(message.topic).split("/")[3] == "receipt":
            told.update({str(receipt.get("id")): receipt for receipt in receipts(message)})
    assert told[name]["status"] == "stored"
    await client.publish(client.topic("query", "good"), json.dumps({"op": "recent", "id": name, "limit": 1}))
    while True:
        message = await client.next()
        assert isinstance(message.payload, bytes)
        if name.encode() in message.payload and str(message.topic).endswith("/reply/stranger/good"):
            break
    assert json.loads(message.payload)["matches"][0]["id"] == name


async def test_the_memory_serves_on_whatever_is_thrown_at_it(memory: Memory) -> None:
    async with memory.client("stranger") as client:
        thrown: list[list[tuple[str, str, bytes, int]]] = []

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=bool(os.environ.get("CI")),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(messages)
        def collect(some: list[tuple[str, str, bytes, int]]) -> None:
            thrown.append(some)

        collect()
        for number, some in enumerate(thrown):
            await throw(client, some)
            if number % CHECKED_EVERY == 0:
                await is_still_served(client)
        await is_still_served(client)


@pytest.mark.parametrize("verb", ["obs", "query"])
@pytest.mark.parametrize(
    "users", [[("a", "\ufeff")], [("", "")] * 60_000], ids=["what paho cannot read", "sixty thousand"]
)
async def test_user_properties_of_a_stranger_harm_nobody(
    memory: Memory, verb: str, users: list[tuple[str, str]]
) -> None:
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = users
    async with memory.client("stranger") as client:
        await client.mqtt.publish(client.topic(verb, "e"), b"{}", qos=1, properties=properties)
        await is_still_served(client)


async def test_a_topic_whose_receipt_has_no_room_harms_nobody(memory: Memory) -> None:
    async with memory.client("stranger") as client:
        longest = client.topic("obs", "")
        await client.publish(longest + "x" * (65_535 - len(longest)), b"{}")
        await is_still_served(client)


async def test_mqtt_properties_of_a_stranger_harm_nobody(memory: Memory) -> None:
    for response in ("", "#", "+", "a/+/b", "$SYS/x", "x" * 60_000):
        for verb in ("obs", "query", "manage"):
            async with memory.client("stranger") as client:
                # Some of these the broker itself refuses, and hangs up: so a client each.
                with contextlib.suppress(aiomqtt.MqttError, ValueError):
                    topic = client.topic(verb, "e")
                    await client.publish(
                        topic, b"{}", qos=0, response_topic=response, correlation=b"\0" * 60_000
                    )
    async with memory.client("stranger") as client:
        await is_still_served(client)
