"""memory/upkeep.py; that a store finds what it names, tests/contract."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.conditions import SUMMARY, AnyOf, Between, Equals, of_whole
from memory.policies import NO_FILE, Policies
from memory.policy_file import PolicyFile
from memory.records import Memory
from memory.retention import reason_to_remove
from memory.store_twin import TwinStore
from memory.upkeep import Upkeep, may_be_due
from tests.contract.memories import IDENTITY, embedded, numbered

NOW = 1_800_000_000.0
DAY_S = 86_400.0
EXPIRED = Upkeep((Between("expires", None, NOW),))


def policies(defaults: dict[str, Any] | None = None, **tenants: Any) -> Policies:
    return Policies(PolicyFile.model_validate({"defaults": defaults or {}, "tenants": tenants}))


def test_what_is_kept_for_ever_is_not_looked_at() -> None:
    found = [*may_be_due(policies({"raw": "forever", "hourly": "forever"}), NOW)]
    assert found == [EXPIRED]


def test_built_in_are_old_readings_and_old_hours_of_everybody() -> None:
    raw = AnyOf("kind", ("reading",)), Between("at", None, NOW - 7 * DAY_S)
    hours = SUMMARY, Equals("tags", "hour"), Between("at", None, NOW - 90 * DAY_S)
    assert [*may_be_due(NO_FILE, NOW)] == [EXPIRED, Upkeep(raw, (SUMMARY,)), Upkeep(hours)]


def test_a_tenant_that_is_named_is_looked_at_by_itself_and_not_with_the_others() -> None:
    found = [*may_be_due(policies({"hourly": "forever"}, acme={"hourly": "1 day"}), NOW)]
    reading = AnyOf("kind", ("reading",)), Between("at", None, NOW - 7 * DAY_S)
    hours = SUMMARY, Equals("tags", "hour"), Between("at", None, NOW - DAY_S)
    assert found == [
        EXPIRED,
        Upkeep((of_whole("acme"), *reading), (SUMMARY,)),
        Upkeep((of_whole("acme"), *hours)),
        Upkeep(reading, (SUMMARY, AnyOf("scope", ("acme/#",)))),
    ]


TIMES = st.sampled_from(["1 day", "3 days", "forever"])
RULES = st.fixed_dictionaries(
    {},
    optional={
        "raw": TIMES, "hourly": TIMES, "daily": TIMES, "sessions": TIMES,
        "kinds": st.dictionaries(
            st.sampled_from(["reading", "door", "fact"]), st.fixed_dictionaries({"raw": TIMES})
        ),
    },
)  # fmt: skip
MEMORIES = st.lists(
    st.fixed_dictionaries(
        {
            "tenant": st.sampled_from(["acme", "home", "other"]),
            "kind": st.sampled_from(["reading", "door", "event", "fact"]),
            "at": st.integers(0, 5).map(lambda days: NOW - days * DAY_S - 1),
            "tier": st.sampled_from(["raw", "summary"]),
            "tags": st.sampled_from([[], ["hour"], ["day"], ["session"]]),
            "expires": st.sampled_from([None, NOW, NOW + 1]),
        }
    ),
    max_size=20,
)


@given(RULES, RULES, MEMORIES)
async def test_whatever_may_have_to_go_is_looked_at_and_only_once(
    defaults: dict[str, Any], acme: dict[str, Any], some: list[dict[str, Any]]
) -> None:
    store, its = TwinStore(), policies(defaults, acme=acme)
    await store.open(IDENTITY)
    memories = [
        Memory(numbered(n), entity="e", device="d", text="t", received=each["at"], **each)
        for n, each in enumerate(some)
    ]
    await store.upsert([embedded(memory) for memory in memories])
    seen = [each for upkeep in may_be_due(its, NOW) for each in await store.kept(upkeep, 100)]
    alive = [each.id for each in seen if each.expires != NOW]
    assert len(alive) == len(set(alive))
    due = {
        each.id
        for each in memories
        if reason_to_remove(
            each, its.of_kind(each.tenant, each.kind), its.of_tenant(each.tenant), NOW, condensed=True
        )
    }
    assert {each.id for each in seen} == due


def test_an_upkeep_of_nothing_in_particular_cannot_be() -> None:
    with pytest.raises(ValueError, match="what it looks at"):
        Upkeep((), (of_whole("acme"),))
