"""Facts in, findings out: what is said of model, store, directory and clock."""

from dataclasses import replace

import pytest

from console.findings import (
    CLOCK_S_MIN,
    DISK_BYTES_MIN,
    DirectoryFacts,
    ModelFacts,
    StoreFacts,
    fail,
    failed,
    of_clock,
    of_directory,
    of_model,
    of_store,
    ok,
    warn,
)
from memory.errors import ModelError

MODEL = ModelFacts(
    "all-mini",
    "/cache/all-mini",
    ready=True,
    made={"model": "all-mini", "precision": "int8", "dimension": 384},
)
STORE = StoreFacts("/data/store", made_with={"contract": 1, **(MODEL.made or {})})


def test_only_what_does_not_work_fails() -> None:
    assert failed([ok("a", "fine"), fail("b", "broken", "mend it")])
    assert not failed([ok("a", "fine"), warn("b", "doubtful", "look")])


def test_a_model_that_is_there_is_ok() -> None:
    assert of_model(MODEL) == [ok("model", "all-mini is in /cache/all-mini")]


def test_a_model_proven_says_by_how_much() -> None:
    [finding] = of_model(replace(MODEL, checks=[("files", True, "8"), ("likeness", True, "0.9")]))
    assert finding.level == "ok"
    assert "2 proofs passed" in finding.detail


def test_a_missing_model_names_the_command_that_fetches_it() -> None:
    [finding] = of_model(replace(MODEL, ready=False))
    assert (finding.level, finding.next_step) == ("FAIL", "membroker model fetch")


def test_every_failed_proof_is_said() -> None:
    facts = replace(MODEL, checks=[("files", True, "8"), ("known cosines", False, "off by 0.3")])
    [finding] = of_model(facts)
    assert finding.level == "FAIL"
    assert "known cosines: off by 0.3" in finding.detail
    assert "/cache/all-mini" in str(finding.next_step)


def test_a_name_that_is_no_model_is_said_as_the_model_says_it() -> None:
    fault = ModelError("'a b' is no model name", hint="name another")
    [finding] = of_model(replace(MODEL, ready=False, fault=fault))
    assert finding == fail("model", "'a b' is no model name", "name another")


def test_a_store_of_this_model_is_ok() -> None:
    [finding] = of_store(STORE, MODEL)
    assert finding.level == "ok"


def test_no_store_yet_is_ok() -> None:
    [finding] = of_store(replace(STORE, made_with=None), MODEL)
    assert finding.level == "ok"
    assert "first start" in finding.detail


def test_a_store_of_another_model_names_both_and_the_way_back() -> None:
    facts = replace(STORE, made_with={"model": "bge", "precision": "int8", "dimension": 768})
    [finding] = of_store(facts, MODEL)
    assert finding.level == "FAIL"
    assert "'bge' against 'all-mini'" in finding.detail
    assert "768 against 384" in finding.detail
    assert "MEMBROKER_MODEL=bge" in str(finding.next_step)


def test_a_store_is_not_compared_with_a_model_that_is_not_there() -> None:
    [finding] = of_store(STORE, replace(MODEL, ready=False, made=None))
    assert finding.level == "ok"


@pytest.mark.parametrize(("is_server", "setting"), [(False, "MEMBROKER_DATA"), (True, "MEMBROKER_STORE")])
def test_a_store_that_cannot_be_used_names_its_setting(*, is_server: bool, setting: str) -> None:
    [finding] = of_store(replace(STORE, fault="gone", is_server=is_server), MODEL)
    assert finding.level == "FAIL"
    assert setting in str(finding.next_step)


def test_room_and_closed_secrets_are_ok() -> None:
    [finding] = of_directory(DirectoryFacts("/data", free_bytes=DISK_BYTES_MIN, secrets={"/data/a": 0o600}))
    assert finding == ok("data", "/data: 1.0 GB free")


def test_little_room_warns() -> None:
    [finding] = of_directory(DirectoryFacts("/data", free_bytes=DISK_BYTES_MIN - 1))
    assert finding.level == "warn"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o700])
def test_secrets_open_to_others_warn_with_the_command(mode: int) -> None:
    facts = DirectoryFacts("/data", free_bytes=DISK_BYTES_MIN, secrets={"/data/accounts.json": mode})
    [_, finding] = of_directory(facts)
    assert (finding.level, finding.next_step) == ("warn", "chmod 600 /data/accounts.json")


def test_secrets_may_be_closed_further() -> None:
    [finding] = of_directory(DirectoryFacts("/data", free_bytes=DISK_BYTES_MIN, secrets={"/data/a": 0o400}))
    assert finding.level == "ok"


def test_a_directory_that_is_not_ours_fails_and_nothing_else_is_said() -> None:
    [finding] = of_directory(DirectoryFacts("/data", fault="/ is not writable for us"))
    assert finding.level == "FAIL"


def test_a_clock_before_this_was_built_fails() -> None:
    [finding] = of_clock(CLOCK_S_MIN - 1, {})
    assert finding.level == "FAIL"


@pytest.mark.parametrize("apart_s", [-5.0, 0.0, 5.0])
def test_clocks_within_five_seconds_agree(apart_s: float) -> None:
    [finding] = of_clock(CLOCK_S_MIN, {"ingest/1": apart_s})
    assert finding == ok("clock", "agrees with the services' clocks")


@pytest.mark.parametrize(("apart_s", "said"), [(5.1, "+5.1 s"), (-3600.0, "-3600.0 s")])
def test_clocks_further_apart_warn_by_name(apart_s: float, said: str) -> None:
    [finding] = of_clock(CLOCK_S_MIN, {"ingest/1": apart_s, "query/1": 0.0})
    assert finding.level == "warn"
    assert said in finding.detail
    assert "ingest/1" in finding.detail


def test_without_services_a_clock_is_only_plausible() -> None:
    assert of_clock(CLOCK_S_MIN, {}) == [ok("clock", "plausible")]
