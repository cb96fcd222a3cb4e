"""broker_bridge/broker_config.py, broker.py and access.py, as the real Mosquitto takes them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.faults import BrokerFault
from tests.conftest import free_port, mosquitto_program
from workers.accounts import OPERATOR, OWNER, OWNER_TENANT, LocalAccounts, load_or_make

NOT_AUTHORISED = 135
"""MQTT 5's reason code, which the clients exit with when a connection is refused."""
OWN = f"mem/v1/{OWNER_TENANT}"


@dataclass(frozen=True, slots=True)
class Running:
    """Our broker, as the operator's shell sees it."""

    port: int
    accounts: LocalAccounts

    async def run(
        self, program: str, *arguments: str, user: str | None = None, client_id: str | None = None
    ) -> tuple[int, str]:
        """Runs one of Mosquitto's clients; returns its exit code, and all that it said."""
        command = [program, "-h", "127.0.0.1", "-p", str(self.port), "-V", "5", "-q", "1"]
        command += ["-u", user, "-P", self.accounts.passwords[user]] if user else []
        command += ["-i", client_id] if client_id else []
        process = await asyncio.create_subprocess_exec(
            *command, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def publish(self, topic: str, *, user: str | None, client_id: str | None = None) -> tuple[int, str]:
        return await self.run("mosquitto_pub", "-t", topic, "-m", "x", user=user, client_id=client_id)

    async def subscribe(self, topic: str, *, user: str | None) -> tuple[int, str]:
        """Subscribes, and leaves: -E exits once the broker has answered."""
        return await self.run("mosquitto_sub", "-E", "-t", topic, user=user)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    mosquitto_program()
    port = free_port()
    accounts = load_or_make(tmp_path / "broker", port)
    broker = LocalBroker(find_programs("mosquitto"), tmp_path / "broker", port)
    await broker.start(accounts.all("1"))
    yield Running(port, accounts)
    await broker.stop()


async def test_strangers_are_refused(running: Running) -> None:
    assert (await running.publish(f"{OWN}/obs/phone/kitchen", user=None))[0] == NOT_AUTHORISED
    wrong = Running(running.port, LocalAccounts({OWNER: "wrong"}, running.port))
    assert (await wrong.publish(f"{OWN}/obs/phone/kitchen", user=OWNER))[0] == NOT_AUTHORISED


async def test_an_owner_has_its_whole_tenant(running: Running) -> None:
    assert await running.publish(f"{OWN}/obs/phone/kitchen", user=OWNER) == (0, "")
    assert await running.subscribe(f"{OWN}/#", user=OWNER) == (0, "")


@pytest.mark.parametrize(
    "topic", ["mem/v1/other/obs/phone/kitchen", "mem/v1/_sys/ingest/1/status", "elsewhere"]
)
async def test_an_owner_says_nothing_outside_its_tenant(topic: str, running: Running) -> None:
    _, said = await running.publish(topic, user=OWNER)
    assert "Not authorized" in said


@pytest.mark.parametrize(
    "topic",
    ["mem/v1/other/#", "mem/v1/+/obs/#", "mem/v1/#", "#", "$SYS/#", "$CONTROL/dynamic-security/v1/#"],
)
async def test_an_owner_hears_nothing_outside_its_tenant(topic: str, running: Running) -> None:
    _, said = await running.subscribe(topic, user=OWNER)
    assert "All subscription requests were denied" in said


@pytest.mark.parametrize(
    "group", ["$share/ingest/mem/v1/+/obs/+/#", "$share/query/mem/v1/+/query/+/#", "$share/mine/mem/v1/#"]
)
async def test_a_stranger_cannot_join_a_services_group(group: str, running: Running) -> None:
    # Whoever is in the group swallows its share of what others observe and ask.
    _, said = await running.subscribe(group, user=OWNER)
    assert "All subscription requests were denied" in said


async def test_a_services_account_is_bound_to_its_client_id(running: Running) -> None:
    topic = "mem/v1/any/receipt/phone/kitchen"
    assert (await running.publish(topic, user="ingest", client_id="thief"))[0] == NOT_AUTHORISED
    bound = running.accounts.url("ingest", "1").client_id
    assert await running.publish(topic, user="ingest", client_id=bound) == (0, "")


async def test_a_service_speaks_only_as_itself(running: Running) -> None:
    bound = running.accounts.url("ingest", "1").client_id
    _, said = await running.publish("mem/v1/any/obs/phone/kitchen", user="ingest", client_id=bound)
    assert "Not authorized" in said


async def test_the_operator_hears_everything_and_the_brokers_own_numbers(running: Running) -> None:
    assert await running.subscribe("mem/v1/#", user=OPERATOR) == (0, "")
    assert await running.run(
        "mosquitto_sub", "-t", "$SYS/broker/version", "-C", "1", "-F", "%t", user=OPERATOR
    ) == (0, "$SYS/broker/version\n")


async def test_nobody_but_we_read_the_accounts(running: Running, tmp_path: Path) -> None:
    for name in ("accounts.json", "dynamic-security.json"):
        assert (tmp_path / "broker" / name).stat().st_mode & 0o077 == 0


async def test_what_mosquitto_says_of_our_configuration_is_no_complaint(
    running: Running, tmp_path: Path
) -> None:
    log = (tmp_path / "broker" / "mosquitto.log").read_text()
    assert "running" in log
    complaints = [line for line in log.splitlines() if "Error" in line or "Warning" in line]
    # Newer ones warn of root, as whom CI runs.
    assert [line for line in complaints if "root" not in line] == []


PARENT = """
import asyncio, sys
from pathlib import Path
from broker_bridge import broker

async def main(directory, port, outlived):
    if outlived == "outlived":  # as on a system without util-linux
        broker._ending_with_us = list
    ours = broker.LocalBroker(broker.find_programs("mosquitto"), Path(directory), int(port))
    await ours.start([])
    print(ours.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def left_by_a_killed_parent(directory: Path, port: int, how: str) -> int:
    """The process id of a broker whose parent was killed."""
    mosquitto_program()
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, directory, str(port), how, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    return pid


async def test_another_instance_than_the_accounts_were_made_for_is_said_at_once(tmp_path: Path) -> None:
    mosquitto_program()
    made = load_or_make(tmp_path, free_port())
    broker = LocalBroker(find_programs("mosquitto"), tmp_path, made.port)
    await broker.start(made.all("1"))
    await broker.stop()
    with pytest.raises(
        BrokerFault, match=r"'membroker-ingest-1-\w+', not 'membroker-ingest-2-\w+'"
    ) as refused:
        await broker.start(made.all("2"))
    assert "MEMBROKER_INSTANCE" in refused.value.hint


async def test_the_broker_of_a_membroker_that_runs_is_not_ended(tmp_path: Path) -> None:
    mosquitto_program()
    directory, port = tmp_path / "broker", free_port()
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, directory, str(port), "a membroker", stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    pid = int(await owner.stdout.readline())
    try:
        with pytest.raises(BrokerFault, match=rf"another membroker \(pid {owner.pid}\)"):
            await LocalBroker(find_programs("mosquitto"), directory, port).start([])
        assert command_of(pid), "it runs on"
    finally:
        owner.kill()
        await owner.wait()


async def test_a_broker_ends_with_us_when_we_are_killed(tmp_path: Path) -> None:
    port = free_port()
    pid = await left_by_a_killed_parent(tmp_path / "broker", port, "ends with us")
    async with asyncio.timeout(20):
        while command_of(pid):
            await asyncio.sleep(0)


async def test_a_broker_that_outlived_us_is_ended_at_the_next_start(tmp_path: Path) -> None:
    directory, port = tmp_path / "broker", free_port()
    orphan = await left_by_a_killed_parent(directory, port, "outlived")
    broker = LocalBroker(find_programs("mosquitto"), directory, port)
    try:
        assert command_of(orphan) != b"", "it outlived its parent"
        await broker.start([])
        assert broker.pid != orphan
        assert command_of(orphan) == b""
    finally:
        await broker.stop()
        if command_of(orphan):
            os.kill(orphan, signal.SIGKILL)


def command_of(pid: int) -> bytes:
    """What a process runs; nothing, if it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def test_a_process_that_took_the_number_of_our_broker_is_left_alone(tmp_path: Path) -> None:
    mosquitto_program()
    directory = tmp_path / "broker"
    directory.mkdir()
    (directory / "mosquitto.pid").write_text(str(os.getpid()))
    broker = LocalBroker(find_programs("mosquitto"), directory, free_port())
    await broker.start([])
    await broker.stop()


async def test_a_port_in_use_is_named_with_the_next_step(tmp_path: Path) -> None:
    mosquitto_program()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = LocalBroker(find_programs("mosquitto"), tmp_path, port)
        with pytest.raises(BrokerFault) as refused:
            await broker.start([])
    assert f"port {port} on 127.0.0.1 cannot be used" in str(refused.value)
    assert "MEMBROKER_PORT=" in refused.value.hint
    assert broker.pid is None


async def test_a_configuration_that_mosquitto_refuses_is_told_in_its_own_words(tmp_path: Path) -> None:
    programs = replace(find_programs(mosquitto_program()), plugin=tmp_path / "nowhere.so")
    broker = LocalBroker(programs, tmp_path, free_port())
    with pytest.raises(BrokerFault) as refused:
        await broker.start([])
    assert "Mosquitto ended with code" in str(refused.value)
    assert "nowhere.so" in str(refused.value)
    assert "mosquitto.log" in refused.value.hint


async def test_what_an_earlier_start_logged_is_not_what_this_one_ended_with(tmp_path: Path) -> None:
    (tmp_path / "mosquitto.log").write_text("1: Error: of an earlier start\n")
    programs = replace(find_programs(mosquitto_program()), mosquitto=Path("/bin/false"))
    with pytest.raises(BrokerFault, match="Mosquitto ended with code 1: nothing logged"):
        await LocalBroker(programs, tmp_path, free_port()).start([])


def test_a_program_that_is_not_there_is_named_with_the_setting_to_check() -> None:
    with pytest.raises(BrokerFault) as refused:
        find_programs("mosquitto-of-nobody")
    assert str(refused.value).startswith("mosquitto-of-nobody is not installed")
    assert refused.value.hint == "check MEMBROKER_MOSQUITTO"
