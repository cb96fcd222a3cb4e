"""compose.yaml, started: a whole memory in containers, reached through the one port that it publishes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import aiomqtt
import pytest

from broker_bridge.codec import Encoding
from broker_bridge.url import BrokerUrl
from edge.client import AsyncClient, connection
from schemas.observation import Observation
from tests.conftest import free_port
from workers.accounts import NAMES, OWNER, OWNER_TENANT

if TYPE_CHECKING:
    from testcontainers.compose import DockerCompose

# The first run builds our image, with the model in it.
pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
TEXT = "The spare key is in the blue drawer"
QUESTION = "where is the spare key?"


@pytest.fixture(scope="module")
def stack(docker_compose: None) -> Iterator["DockerCompose"]:
    """The stack, healthy, beside any other of its kind; taken down with its volumes."""
    from testcontainers.compose import DockerCompose  # noqa: PLC0415 - after the engine was asked

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMPOSE_PROJECT_NAME", f"membroker-test-{uuid4().hex[:8]}")
        environment.setenv("MEMBROKER_PORT", str(free_port()))
        with DockerCompose(ROOT, build=True, wait=True) as started:
            yield started


def passwords(stack: "DockerCompose") -> dict[str, str]:
    said, _, _ = stack.exec_in_container(["cat", "/accounts/accounts.json"], "ingest")
    found: dict[str, str] = json.loads(said)
    return {name: found[name] for name in NAMES}


@pytest.fixture
def owner(stack: "DockerCompose") -> BrokerUrl:
    """The broker through its published port, as the tenant's owner."""
    published = stack.get_container("mosquitto").get_publisher(by_port=1883)
    assert published.URL == "127.0.0.1"
    assert published.PublishedPort is not None
    return BrokerUrl("127.0.0.1", published.PublishedPort, OWNER, passwords(stack)[OWNER])


async def recalled(owner: BrokerUrl) -> list[str]:
    async with AsyncClient(owner, tenant=OWNER_TENANT, client="kiosk") as client:
        reply = await client.ask("kitchen", {"text": QUESTION}, encoding=Encoding.JSON)
    assert reply["ok"], reply
    return [match["text"] for match in reply["matches"]]


async def test_what_was_observed_is_recalled_even_when_everything_was_killed(
    stack: "DockerCompose", owner: BrokerUrl
) -> None:
    async with AsyncClient(owner, tenant=OWNER_TENANT, client="phone") as client:
        (receipt,) = await client.observe("kitchen", [Observation(text=TEXT)])
    assert receipt.status == "stored"
    assert await recalled(owner) == [TEXT]
    stack._run_command([*stack.docker_compose_command(), "kill"])
    stack.start()
    assert await recalled(owner) == [TEXT]


async def test_strangers_are_refused(owner: BrokerUrl) -> None:
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with connection(replace(owner, username=None, password=None), "stranger"):
            pass


def test_the_broker_alone_is_published(stack: "DockerCompose") -> None:
    published = {
        each.Service for each in stack.get_containers() if any(port.PublishedPort for port in each.Publishers)
    }
    assert published == {"mosquitto"}


def test_no_password_is_logged(stack: "DockerCompose") -> None:
    logs = "".join(stack.get_logs())
    assert "membroker-ingest-1" in logs
    assert not [name for name, password in passwords(stack).items() if password in logs]


def test_the_operators_console_works(stack: "DockerCompose") -> None:
    said = stack._run_command(
        [*stack.docker_compose_command(), "run", "--rm", "-T", "membroker", "status", "--json"]
    ).stdout
    assert {each["service"]: each["status"] for each in json.loads(said)} == {
        "ingest": "online",
        "query": "online",
        "summarizer": "online",
    }


async def test_a_device_is_added_while_the_broker_runs(stack: "DockerCompose", owner: BrokerUrl) -> None:
    name = f"sensor-{uuid4().hex[:8]}"
    add = ["access", "add", f"{name}@{OWNER_TENANT}", "--kind", "device", "--entity", "garden", "--json"]
    command = [*stack.docker_compose_command(), "run", "--rm", "-T", "membroker", *add]
    made = BrokerUrl.parse(json.loads(stack._run_command(command).stdout)["url"])
    reached = replace(made, host=owner.host, port=owner.port)
    async with AsyncClient(reached, tenant=OWNER_TENANT, client=name) as device:
        (receipt,) = await device.observe("garden", [Observation(text="it rains")])
    assert receipt.status == "stored"
