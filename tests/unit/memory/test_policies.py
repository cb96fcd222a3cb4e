"""memory/policies.py"""

from typing import Any

import pytest

from memory.keep_times import FOREVER
from memory.policies import KEEP_ALL, NO_FILE, STABLE_KINDS, Policies, Rule
from memory.policy_file import PolicyFile

DAY_S = 86_400.0


def policies(defaults: dict[str, Any] | None = None, **tenants: Any) -> Policies:
    return Policies(PolicyFile.model_validate({"defaults": defaults or {}, "tenants": tenants}))


def test_without_a_file_readings_shrink_to_their_summaries_and_words_stay() -> None:
    assert NO_FILE.of_kind("home", "reading").raw_s == 7 * DAY_S
    for kind in ("event", "turn", "my-own", *STABLE_KINDS):
        assert NO_FILE.of_kind("home", kind).raw_s == FOREVER
    whole = NO_FILE.of_tenant("home")
    assert (whole.hourly_s, whole.daily_s, whole.llm) == (90 * DAY_S, FOREVER, None)


RAW = [
    # defaults, of the kind, tenant, of its kind → what holds for events
    (None, None, None, None, FOREVER),
    ("1 day", None, None, None, 1 * DAY_S),
    ("1 day", "2 days", None, None, 2 * DAY_S),
    ("1 day", "2 days", "3 days", None, 3 * DAY_S),
    ("1 day", "2 days", "3 days", "4 days", 4 * DAY_S),
    (None, "2 days", None, None, 2 * DAY_S),
    (None, None, "3 days", None, 3 * DAY_S),
    (None, "2 days", None, "forever", FOREVER),
]


@pytest.mark.parametrize(("defaults", "of_kind", "tenant", "of_its_kind", "meant"), RAW)
def test_the_later_and_more_particular_rule_wins(
    defaults: str | None, of_kind: str | None, tenant: str | None, of_its_kind: str | None, meant: float
) -> None:
    found = policies(_said(defaults, of_kind), acme=_said(tenant, of_its_kind))
    assert found.of_kind("acme", "event").raw_s == meant


def _said(raw: str | None, of_kind: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {} if raw is None else {"raw": raw}
    return said | ({} if of_kind is None else {"kinds": {"event": {"raw": of_kind}}})


def test_a_tenants_rules_are_its_own() -> None:
    found = policies({"digest": "json"}, acme={"raw": "1 day", "digest": "msgpack"})
    assert found.of_kind("other", "event").raw_s == FOREVER
    assert found.of_tenant("other").digest == "json"
    assert found.of_tenant("acme").digest == "msgpack"


@pytest.mark.parametrize("kind", sorted(STABLE_KINDS))
def test_what_is_stable_goes_only_where_its_kind_is_named(kind: str) -> None:
    short = {"raw": "1 day", "ttl": "1 day", "worthless_below_importance": 0.9}
    found = policies(short, acme=short, named={"kinds": {kind: short}})
    assert found.of_kind("acme", "event").raw_s == DAY_S
    for rule, kept, gone in (
        ("raw_s", FOREVER, DAY_S), ("ttl_s", FOREVER, DAY_S), ("worthless_below_importance", 0.0, 0.9)
    ):  # fmt: skip
        assert getattr(found.of_kind("acme", kind), rule) == kept
        assert getattr(found.of_kind("named", kind), rule) == gone


def test_of_maps_each_entry_is_said_by_itself() -> None:
    found = policies({"deadband": {"t": 1, "h": 2}, "thresholds": {"t": 18}}, acme={"deadband": {"t": 0.5}})
    assert found.of_tenant("acme").deadband == {"t": 0.5, "h": 2}
    assert found.of_tenant("other").deadband == {"t": 1, "h": 2}
    assert found.of_tenant("acme").thresholds == {"t": (18.0,)}


def test_a_tenant_may_do_without_the_language_model_of_the_others() -> None:
    found = policies({"llm": {"url": "http://a/v1", "model": "m"}}, acme={"llm": False})
    assert found.of_tenant("acme").llm is None
    llm = found.of_tenant("other").llm
    assert llm is not None
    assert (llm.model, llm.tokens_a_day_max) == ("m", 100_000)


def test_a_ttl_of_the_others_can_be_lifted() -> None:
    found = policies({"ttl": "1 day"}, acme={"ttl": "forever"})
    assert found.of_kind("acme", "event").ttl_s == FOREVER
    assert found.of_kind("other", "event").ttl_s == DAY_S


def test_kinds_and_tenants_that_nobody_named_take_no_room() -> None:
    found = policies({"kinds": {"door": {"raw": "1 day"}}}, acme={"kinds": {"lamp": {"raw": "2 days"}}})
    for number in range(1000):
        assert found.of_kind(f"tenant-{number}", f"kind-{number}").raw_s == FOREVER
        found.of_tenant(f"tenant-{number}")
    assert (len(found._kinds), len(found._tenants)) == (1, 1)
    assert found.of_kind("acme", "lamp").raw_s == 2 * DAY_S
    assert found.of_kind("other", "lamp").raw_s == FOREVER
    assert found.of_kind("other", "door").raw_s == DAY_S


def test_what_holds_is_explained_by_who_says_it() -> None:
    found = policies({"raw": "1 day", "deadband": {"t": 0.5}}, acme={"kinds": {"event": {"merge": False}}})
    rules = {rule.field: rule for rule in found.explained("acme", "event")}
    assert rules["raw"] == Rule("raw", "1 day", "defaults")
    assert rules["merge"] == Rule("merge", "no", "tenants.acme.kinds.event")
    assert rules["ttl"] == Rule("ttl", "forever", "built in")
    assert "hourly" not in rules
    whole = {rule.field: rule.value for rule in found.explained("acme")}
    assert (whole["hourly"], whole["deadband"], whole["llm"]) == ("90 days", "t 0.5", "no")
    assert "raw" not in whole


def test_while_a_file_was_never_right_nothing_is_thrown_away() -> None:
    for kind in ("reading", "event", "fact"):
        its = KEEP_ALL.of_kind("home", kind)
        assert (its.raw_s, its.ttl_s, its.worthless_below_importance) == (FOREVER, FOREVER, 0.0)
        assert its.per_hour_max >= 3600
    whole = KEEP_ALL.of_tenant("home")
    assert {whole.hourly_s, whole.daily_s, whole.monthly_s, whole.sessions_s} == {FOREVER}
