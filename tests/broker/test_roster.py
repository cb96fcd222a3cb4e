"""broker_bridge/roster.py: accounts added, changed and taken away while broker and clients are connected."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.dynsec import CommandRefused, Control
from broker_bridge.faults import BrokerFault
from broker_bridge.grants import KINDS, AccountName, BadGrant, Grant
from broker_bridge.roster import Entry, Roster
from broker_bridge.security_file import reconciled
from edge.client import connection
from tests.attacker import DENIED, GRANTED, NOBODY, OK, Attacker
from tests.broker.guarded import Guarded
from tests.conftest import free_port, mosquitto_program
from workers.accounts import NAMES, load, load_or_make

FEW = 5


def entry_of(guarded: Guarded, username: str) -> Entry:
    found: Entry = guarded.administer(lambda roster: roster.entry(username))
    return found


def set_grants(guarded: Guarded, username: str, *grants: tuple[str, str]) -> None:
    wanted = [Grant.parse(*grant) for grant in grants]
    guarded.administer(lambda roster: roster.set_grants(username, wanted))


def topic(verb: str, tenant: str, entity: str, client: str = "k") -> str:
    return f"mem/v1/{tenant}/{verb}/{client}/{entity}"


def test_what_is_added_is_read_back_from_the_broker(guarded: Guarded, tenant: str) -> None:
    url = guarded.add(f"k@{tenant}", "kiosk", ("recall", "home7/#"), ("observe", "home7"), ("summary", "#"))
    entry = entry_of(guarded, f"k@{tenant}")
    assert entry.kind == "kiosk"
    assert entry.client_id == url.client_id
    assert {(grant.right, grant.entity) for grant in entry.grants} == {
        ("recall", "home7/#"), ("observe", "home7"), ("summary", "#"),
    }  # fmt: skip
    assert entry in guarded.administer(lambda roster: roster.entries())


def test_the_services_are_listed_and_not_changed(guarded: Guarded) -> None:
    entries = {entry.username: entry for entry in guarded.administer(lambda roster: roster.entries())}
    assert {name for name, entry in entries.items() if entry.kind == "service"} == set(NAMES)
    for name in NAMES:
        for act in (Roster.remove, Roster.renew_password):
            with pytest.raises(BrokerFault, match=f"{name} was not added by membroker access"):
                guarded.administer(lambda roster, act=act, name=name: act(roster, name))
        with pytest.raises(BrokerFault, match="was not added by"):
            set_grants(guarded, name)


def test_more_accounts_than_a_page_are_all_listed(guarded: Guarded, tenant: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("broker_bridge.dynsec.PAGE", 2)
    for number in range(FEW):
        guarded.add(f"d{number}@{tenant}", "device", ("observe", "e"))
    entries = guarded.administer(lambda roster: roster.entries())
    ours = [entry for entry in entries if entry.tenant == tenant]
    assert [entry.username for entry in ours] == [f"d{number}@{tenant}" for number in range(FEW)]
    assert all(entry.grants == (Grant("observe", "e"),) for entry in ours)


def test_a_name_is_given_once(guarded: Guarded, tenant: str) -> None:
    url = guarded.add(f"k@{tenant}", "device", ("observe", "a"))
    with pytest.raises(BrokerFault, match="there is an account k@"):
        guarded.add(f"k@{tenant}", "operator", ("manage", "#"))
    assert entry_of(guarded, f"k@{tenant}").grants == (Grant("observe", "a"),), "and the first is as it was"
    with Attacker.connected(url):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_given_a_services_name(guarded: Guarded, name: str) -> None:
    with pytest.raises(BrokerFault, match=f"there is an account {name} already"):
        guarded.add(name, "operator")


def test_a_role_is_not_left_behind_when_the_account_cannot_be_made(guarded: Guarded, tenant: str) -> None:
    async def add(roster: Roster) -> None:
        async def fail(*_: object) -> None:
            raise CommandRefused("createClient", "Internal error")

        roster._create_client = fail  # type: ignore[method-assign,assignment]
        await roster.add(AccountName.parse(f"k@{tenant}"), "device", [Grant("observe", "a")])

    with pytest.raises(CommandRefused, match="Internal error"):
        guarded.administer(add)
    guarded.add(f"k@{tenant}", "device", ("observe", "a"))


def test_a_role_left_by_a_crash_can_be_removed_and_others_roles_cannot(guarded: Guarded, tenant: str) -> None:
    async def leave(roster: Roster) -> None:
        await roster._control.do("createRole", rolename=f"k@{tenant}", textname="by membroker access")
        await roster._control.do("createRole", rolename=f"theirs@{tenant}")

    guarded.administer(leave)
    guarded.administer(lambda roster: roster.remove(f"k@{tenant}"))
    guarded.add(f"k@{tenant}", "device", ("observe", "a"))
    with pytest.raises(BrokerFault, match="there is no account theirs@"):
        guarded.administer(lambda roster: roster.remove(f"theirs@{tenant}"))


def test_a_grant_counts_at_once_and_so_does_its_end(guarded: Guarded, tenant: str) -> None:
    name = f"k@{tenant}"
    with guarded.client(name, "kiosk", ("recall", "home7")) as kiosk:
        assert kiosk.publish(topic("query", tenant, "garden"), {"op": "stats"}) == DENIED
        set_grants(guarded, name, ("recall", "home7"), ("recall", "garden"))
        assert kiosk.ask(topic("query", tenant, "garden"), {"op": "stats"})["ok"]
        set_grants(guarded, name, ("recall", "home7"))
        assert kiosk.publish(topic("query", tenant, "garden"), {"op": "stats"}) == DENIED
        assert kiosk.ask(topic("query", tenant, "home7"), {"op": "stats"})["ok"], "it was not cut off"
        assert kiosk.cut.empty()


def test_a_subscription_that_is_there_hears_no_more_when_its_right_ends(
    guarded: Guarded, tenant: str
) -> None:
    name, digest = f"k@{tenant}", f"mem/v1/{tenant}/summary/latest/home7"
    with (
        guarded.client(name, "kiosk", ("summary", "home7/#"), ("recall", "e")) as kiosk,
        Attacker.connected(guarded.url("operator")) as operator,
    ):
        assert kiosk.subscribe(f"mem/v1/{tenant}/summary/+/home7/#") == GRANTED
        assert operator.publish(digest, {"n": 1}) == OK
        assert kiosk.next() == (digest, {"n": 1})
        set_grants(guarded, name, ("recall", "e"))
        assert operator.publish(digest, {"n": 2}) in (OK, NOBODY)
        assert kiosk.ask(topic("query", tenant, "e"), {"op": "stats"})["ok"], "the next it hears is this"


def test_what_waits_for_a_client_is_not_delivered_when_its_right_ended_meanwhile(
    guarded: Guarded, tenant: str
) -> None:
    name, digests = f"k@{tenant}", [f"mem/v1/{tenant}/summary/latest/{home}" for home in ("home7", "home8")]
    url = guarded.add(name, "kiosk", ("summary", "home7"), ("summary", "home8"))
    with Attacker.connected(url, clean=False) as kiosk:
        assert [kiosk.subscribe(digest) for digest in digests] == [GRANTED, GRANTED]
    with Attacker.connected(guarded.url("operator")) as operator:
        assert [operator.publish(digest, {"n": 1}) for digest in digests] == [OK, OK]
    set_grants(guarded, name, ("summary", "home8"))
    with Attacker.connected(url, clean=False) as kiosk:
        assert kiosk.next() == (digests[1], {"n": 1})
        assert kiosk.subscribe(digests[1]) == GRANTED  # an answer, before which all that waited has come
        assert kiosk.heard() == []


def test_a_removed_account_is_cut_off_and_comes_not_back(guarded: Guarded, tenant: str) -> None:
    with guarded.client(f"k@{tenant}", "device", ("observe", "a")) as device:
        guarded.administer(lambda roster: roster.remove(f"k@{tenant}"))
        device.cut.get(timeout=20)
        again = Attacker(device.url)
        assert again.connect() == DENIED
        again.close()
    with pytest.raises(BrokerFault, match="there is no account"):
        entry_of(guarded, f"k@{tenant}")
    with pytest.raises(BrokerFault, match="there is no account"):
        guarded.administer(lambda roster: roster.remove(f"k@{tenant}"))


def test_who_gets_a_removed_ones_name_gets_nothing_that_was_kept_for_it(
    guarded: Guarded, tenant: str
) -> None:
    name = f"k@{tenant}"
    first = guarded.add(name, "kiosk", ("recall", "e"))
    with Attacker.connected(first, clean=False) as kiosk:
        assert kiosk.subscribe(f"mem/v1/{tenant}/reply/k/#") == GRANTED
    with Attacker.connected(guarded.url("operator")) as operator:
        operator.publish(f"mem/v1/{tenant}/reply/k/e", {"private": True})
    guarded.administer(lambda roster: roster.remove(name))
    second = guarded.add(name, "kiosk", ("recall", "e"))
    assert second.client_id != first.client_id
    with Attacker.connected(second, clean=False) as kiosk:
        assert kiosk.subscribe(f"mem/v1/{tenant}/reply/k/#") == GRANTED
        assert kiosk.ask(topic("query", tenant, "e"), {"op": "stats", "id": "mine"})["id"] == "mine"


def test_a_new_password_ends_the_old_one(guarded: Guarded, tenant: str) -> None:
    with guarded.client(f"k@{tenant}", "device", ("observe", "a")) as device:
        made = guarded.administer(lambda roster: roster.renew_password(f"k@{tenant}"))
        device.cut.get(timeout=20)
        old = Attacker(device.url)
        assert old.connect() == DENIED
        old.close()
    assert made.client_id == device.url.client_id
    assert made.password not in repr(made)
    assert entry_of(guarded, f"k@{tenant}").grants == (Grant("observe", "a"),)


def test_no_password_is_logged_or_kept(guarded: Guarded, tenant: str) -> None:
    url = guarded.add(f"k@{tenant}", "device", ("observe", "a"))
    assert url.password is not None
    with Attacker.connected(url):
        pass
    kept = [file for file in guarded.settings.data.rglob("*") if file.is_file()]
    assert any("dynamic-security" in file.name for file in kept)
    assert not [file for file in kept if url.password.encode() in file.read_bytes()]
    assert f"k@{tenant}" in (guarded.settings.data / "broker" / "mosquitto.log").read_text()


@pytest.mark.parametrize("account", ["operator", "owner", "ingest", "query"])
def test_nobody_else_changes_rights(guarded: Guarded, account: str, tenant: str) -> None:
    url = guarded.url(account)
    make = {"commands": [{"command": "createClient", "username": f"evil@{tenant}", "password": "x"}]}
    # Under another id than the running service's, whose account is bound to it.
    if url.client_id is not None:
        stolen = Attacker(url, client_id="another")
        assert stolen.connect() == DENIED
        stolen.close()
        return
    with Attacker.connected(url) as attacker:
        assert attacker.subscribe("$CONTROL/#") == DENIED
        assert attacker.publish("$CONTROL/dynamic-security/v1", make) == DENIED
    with pytest.raises(BrokerFault, match="there is no account"):
        entry_of(guarded, f"evil@{tenant}")


def test_too_many_grants_are_refused_and_change_nothing(guarded: Guarded, tenant: str) -> None:
    guarded.add(f"k@{tenant}", "device", ("observe", "a"))
    with pytest.raises(BadGrant, match="at most 64 grants"):
        set_grants(guarded, f"k@{tenant}", *(("observe", f"e{number}") for number in range(65)))
    set_grants(
        guarded,
        f"k@{tenant}",
        *((right, f"e{number}") for number in range(16) for right in KINDS["operator"]),
    )
    assert len(entry_of(guarded, f"k@{tenant}").grants) == 64


def test_an_operator_of_a_tenant_hears_its_stream_and_not_anothers(guarded: Guarded, tenant: str) -> None:
    with guarded.client(f"ana@{tenant}", "operator", ("observe", "#")) as ana:
        assert ana.subscribe(f"mem/v1/{tenant}/stream/#") == GRANTED
        assert ana.subscribe("mem/v1/+/stream/#") == DENIED
        assert ana.subscribe(f"mem/v1/{tenant}/presence/+") == GRANTED
        assert ana.publish(topic("obs", tenant, "e", "ana"), {"text": "it works"}) == OK
        assert {ana.next()[0], ana.next()[0]} == {
            topic("receipt", tenant, "e", "ana"),
            f"mem/v1/{tenant}/stream/e",
        }


def test_an_operator_of_no_tenant_watches_the_services_and_says_nothing(
    guarded: Guarded, tenant: str
) -> None:
    with Attacker.connected(guarded.add(f"watch-{tenant}", "operator")) as watcher:
        assert watcher.subscribe("mem/v1/_sys/#") == GRANTED
        assert watcher.next()[0].startswith("mem/v1/_sys/")
        assert watcher.subscribe("$SYS/#") == GRANTED
        assert watcher.subscribe("mem/v1/#") == DENIED
        for forbidden in ("mem/v1/_sys/ingest/1/status", topic("obs", tenant, "e")):
            assert watcher.publish(forbidden, {}) == DENIED


async def test_the_broker_takes_what_was_reconciled(guarded: Guarded) -> None:
    """What the running plugin last wrote needs no change: it is what this version wants."""
    directory = guarded.settings.data / "broker"
    accounts = load(directory, guarded.settings.port)
    assert accounts is not None
    security = json.loads(await asyncio.to_thread((directory / "dynamic-security.json").read_text))
    assert reconciled(security, accounts.all("1")) == security


async def test_what_was_added_and_removed_stays_so_when_the_broker_is_killed(tmp_path: Path) -> None:
    accounts = load_or_make(tmp_path / "broker", free_port())
    broker = LocalBroker(find_programs(mosquitto_program()), tmp_path / "broker", accounts.port)
    url, name = accounts.url("access", "1"), AccountName("k", "acme")

    async def killed_after(act: Callable[[Roster], Awaitable[Any]]) -> Any:
        async with connection(url, "administrator") as client:
            done = await act(Roster(await Control.over(client)))
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        await broker.wait()
        await broker.start(accounts.all("1"))
        return done

    await broker.start(accounts.all("1"))
    try:
        made = await killed_after(lambda roster: roster.add(name, "device", [Grant("observe", "e")]))
        device = replace(url, username=made.username, password=made.password, client_id=made.client_id)
        async with connection(device, "") as client:
            await client.publish("mem/v1/acme/obs/k/e", b"{}", qos=1)
        await killed_after(lambda roster: roster.remove(str(name)))
        with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
            async with connection(device, ""):
                pass
    finally:
        await broker.stop()
