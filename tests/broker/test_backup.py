"""`membroker backup` of a memory that runs, and `membroker restore`: what is in a backup comes back."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.url import BrokerUrl
from tests.broker.conftest import MEMBROKER as PROGRAM
from tests.broker.conftest import Up, clean_environment, run, running
from tests.conftest import free_port
from tests.contract.test_store_edge_erasing import holds, mounted
from tests.mqtt import RawClient
from workers.backup import restore_alongside


def as_operator(up: Up) -> BrokerUrl:
    return BrokerUrl("127.0.0.1", up.port, "operator", up.password("operator"))


async def texts(client: RawClient, entity: str = "home7") -> set[str]:
    reply = await client.ask(entity, {"op": "recent", "limit": 100})
    return {match["text"] for match in reply["matches"]}


def restored(directory: Path, data: Path, *flags: str) -> Any:
    done = run([str(PROGRAM), "restore", str(directory), *flags, "--json"], clean_environment(data=data))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_a_backup_of_a_running_memory_makes_a_new_machine_go_on(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with running(tmp_path / "first" / "data", free_port()) as first:
        async with RawClient.connected(as_operator(first), "home", "phone") as phone:
            await phone.observe("home7", [{"id": f"o{n}", "text": f"text {n}"} for n in range(40)])
            [refused] = await phone.observe("home7", {"text": 5})
            assert refused["status"] == "refused"
            [gone] = await phone.observe("home7", {"id": "gone", "text": "forget me"})
            await phone.ask("home7", {"op": "forget", "memories": [gone["memory"]]}, verb="manage")
            done = first.membroker("backup", str(copy), "--json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["points"] == 41, "a tombstone is a point"
            await phone.observe("home7", {"text": "after the backup"})
            passwords = (first.data / "broker" / "accounts.json").read_text()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert stat.S_IMODE((copy / "broker" / "accounts.json").stat().st_mode) == 0o600
    assert holds(copy / "store", "forget me") == []

    said = restored(copy, tmp_path / "second" / "data")
    assert (said["points"], said["still_forgotten"]) == (41, 0)
    with running(tmp_path / "second" / "data", free_port()) as second:
        assert (second.data / "broker" / "accounts.json").read_text() == passwords
        async with RawClient.connected(as_operator(second), "home", "phone") as phone:
            assert await texts(phone) == {f"text {n}" for n in range(40)}
            again = await phone.observe(
                "home7", [{"id": "o7", "text": "text 7"}, {"id": "gone", "text": "x"}]
            )
            assert [each["status"] for each in again] == ["duplicate", "refused"]
            audit = await phone.ask("home7", {"op": "audit"}, verb="manage")
            assert {"forgot", "observed"} <= {entry["did"] for entry in audit["entries"]}
        letters = second.membroker("deadletters", "list", "--json")
        assert [letter["reason"] for letter in json.loads(letters.stdout)] == ["invalid", "forgotten"]


async def test_a_memory_that_stands_still_is_backed_up_too_and_replaced(tmp_path: Path) -> None:
    data = tmp_path / "up" / "data"
    with running(data, free_port()) as up:
        async with RawClient.connected(as_operator(up), "home", "phone") as phone:
            [secret] = await phone.observe("home7", {"id": "s", "text": "the code is 4711"})
            await phone.observe("home7", {"text": "kept"})
        refused = up.membroker("restore", str(tmp_path))
        assert refused.returncode == 1
        assert "no whole backup" in refused.stderr
    env = clean_environment(data=data)
    copy = tmp_path / "copy"
    done = run([str(PROGRAM), "backup", str(copy)], env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 memories, as of ")
    assert f"membroker restore {copy}" in done.stdout

    with running(data, free_port()) as up:
        taken = up.membroker("restore", str(copy), "--replace")
        assert taken.returncode == 1
        assert "open in another process" in taken.stderr
        async with RawClient.connected(as_operator(up), "home", "phone") as phone:
            await phone.ask("home7", {"op": "forget", "memories": [secret["memory"]]}, verb="manage")
            await phone.observe("home7", {"text": "after the backup"})

    without = run([str(PROGRAM), "restore", str(copy)], env)
    assert without.returncode == 1
    assert "--replace" in without.stderr
    assert restored(copy, data, "--replace")["still_forgotten"] == 1
    with running(data, free_port(), erase_every_s=0.2) as up:
        async with RawClient.connected(as_operator(up), "home", "phone") as phone:
            assert await texts(phone) == {"kept"}


async def test_a_backup_to_a_disk_that_is_too_small_is_one_line_and_the_memory_goes_on(
    tmp_path: Path,
) -> None:
    with (
        mounted(tmp_path / "disk", "size=128k") as disk,
        running(tmp_path / "up" / "data", free_port()) as up,
    ):
        async with RawClient.connected(as_operator(up), "home", "phone") as phone:
            await phone.observe("home7", [{"text": f"text {n}"} for n in range(100)])
            done = up.membroker("backup", str(disk / "copy"))
            assert done.returncode == 1
            assert "are free on the disk of" in done.stderr
            assert "name another disk" in done.stderr
            assert list((disk / "copy").iterdir()) == []
            [receipt] = await phone.observe("home7", {"text": "after"})
            assert receipt["status"] == "stored"


@pytest.mark.parametrize("there", ["current", "previous"])
def test_dead_letters_come_back_only_where_there_are_none(tmp_path: Path, there: str) -> None:
    for name, text in (("copy", "older"), ("data", "newer")):
        (tmp_path / name / "deadletters").mkdir(parents=True)
        (tmp_path / name / "deadletters" / f"{there}.jsonl").write_text(text)
    (tmp_path / "copy" / "deadletters" / "current.jsonl").write_text("older")
    assert restore_alongside(tmp_path / "copy", tmp_path / "data") == []
    assert [file.name for file in (tmp_path / "data" / "deadletters").iterdir()] == [f"{there}.jsonl"]


@pytest.mark.parametrize("store", ["missing", "remote"])
def test_what_cannot_be_backed_up_says_why(tmp_path: Path, store: str) -> None:
    more = {"store": "http://127.0.0.1:6333"} if store == "remote" else {}
    env = clean_environment(data=tmp_path / "none", **more)
    done = run([str(PROGRAM), "backup", str(tmp_path / "copy")], env)
    assert done.returncode == 1
    assert ("snapshot" if store == "remote" else "holds no store") in done.stderr
    assert not (tmp_path / "copy").exists()
