"""mosquitto/mosquitto.conf and our accounts, in the image that compose.yaml pins."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest
import yaml

from broker_bridge.access import dynamic_security
from broker_bridge.url import BrokerUrl
from edge.client import connection
from workers.accounts import OPERATOR, OWNER, OWNER_TENANT, LocalAccounts, load_or_make

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
OWN = f"mem/v1/{OWNER_TENANT}/obs/phone/kitchen"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LocalAccounts]:
    """Accounts in a folder of their own, and their passwords."""
    directory = tmp_path_factory.mktemp("accounts")
    made = load_or_make(directory, 1883)
    security = directory / "dynamic-security.json"
    security.write_text(json.dumps(dynamic_security(made.all("1"))))
    # The image's user is nobody here; in compose the volume is its own.
    directory.chmod(0o777)
    security.chmod(0o666)
    return directory, made


@pytest.fixture(scope="module")
def broker(docker_engine: None, accounts: tuple[Path, LocalAccounts]) -> Iterator[BrokerUrl]:
    """The broker in its container, as its owner."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - after the engine was asked
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    directory, made = accounts
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["mosquitto"]
    container = (
        DockerContainer(service["image"], user=service["user"])
        .with_exposed_ports(1883)
        .with_volume_mapping(ROOT / "mosquitto" / "mosquitto.conf", "/mosquitto/config/mosquitto.conf", "ro")
        .with_volume_mapping(directory, "/mosquitto/accounts", "rw")
        .waiting_for(LogMessageWaitStrategy(r"mosquitto version \S+ running"))
    )
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(1883)
        yield BrokerUrl(host, int(port), OWNER, made.passwords[OWNER])


async def test_an_owner_has_its_tenant(broker: BrokerUrl) -> None:
    async with connection(broker, "phone") as client:
        await client.subscribe(OWN, qos=1)
        await client.publish(OWN, "x", qos=1)
        message = await anext(client.messages)
    assert message.payload == b"x"


@pytest.mark.parametrize("topic", ["mem/v1/other/#", "mem/v1/#", "$share/ingest/mem/v1/+/obs/+/#"])
async def test_an_owner_hears_nothing_else(topic: str, broker: BrokerUrl) -> None:
    async with connection(broker, "phone") as client:
        (reason,) = await client.subscribe(topic, qos=1)
    assert str(reason) == "Not authorized"


async def test_an_owner_says_nothing_else(broker: BrokerUrl, accounts: tuple[Path, LocalAccounts]) -> None:
    operator = replace(broker, username=OPERATOR, password=accounts[1].passwords[OPERATOR])
    async with connection(operator, "console") as hearing, connection(broker, "phone") as speaking:
        await hearing.subscribe("mem/v1/+/obs/#", qos=1)
        await speaking.publish("mem/v1/other/obs/phone/kitchen", "x", qos=1)
        await speaking.publish(OWN, "after it", qos=1)
        assert (await anext(hearing.messages)).payload == b"after it"


@pytest.mark.parametrize(
    ("username", "password"), [(None, None), (OWNER, "wrong"), ("nobody", "x"), (OPERATOR, "")]
)
async def test_strangers_are_refused(username: str | None, password: str | None, broker: BrokerUrl) -> None:
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with connection(replace(broker, username=username, password=password), "phone"):
            pass


async def test_a_services_account_is_bound_to_its_client_id(
    broker: BrokerUrl, accounts: tuple[Path, LocalAccounts]
) -> None:
    ingest = replace(broker, username="ingest", password=accounts[1].passwords["ingest"])
    async with connection(ingest, accounts[1].url("ingest", "1").client_id or ""):
        pass
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with connection(ingest, "thief"):
            pass
