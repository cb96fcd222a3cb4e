"""tests/faults/fleet/account.py: a device whose memories are lost, doubled or made up is told so."""

from typing import Any

from tests.faults.fleet.account import Account
from tests.faults.fleet.fates import HELD, KEPT, UNCHANGED
from tests.faults.fleet.world import KINDS, MOTION, Kind, Who

DONE: dict[str, Any] = {"drained": True, "waiting": 0, "counts": {}}


def account_of(kind: Kind, observations: int = 4) -> Account:
    """A device that observed as many, and whose word was heard of all of them."""
    account = Account(Who(KINDS.index(kind), seed=1))
    for n in range(observations):
        account.begins([n])
        fate = account._expected[n]
        account.says([(n, f"id-{n}", fate)])
    return account


def found(account: Account, *numbers: int) -> list[dict[str, Any]]:
    """These as the memory should have them."""
    common = {"entity": account.who.entity, "device": account.who.name}
    return [{**account.begun[n], **common, "id": f"id-{n}"} for n in numbers]


def test_all_of_it_once_is_no_fault() -> None:
    account = account_of(Kind.PLAIN)
    account.drains(**DONE)
    assert account.judge(found(account, 0, 1, 2, 3)) == []


def test_what_is_missing_twice_there_altered_or_made_up_is_said() -> None:
    account = account_of(Kind.PLAIN)
    account.drains(**DONE)
    assert "entries [3] were kept and are not there" in account.judge(found(account, 0, 1, 2))[0]
    assert "entry 0 is there 2 times" in account.judge(found(account, 0, 0, 1, 2, 3))[0]
    altered = found(account, 0, 1, 2, 3)
    altered[1]["entity"] = "fleet/another"
    assert "entry 1 is" in account.judge(altered)[0]
    assert "never observed" in account.judge([*found(account, 0, 1, 2, 3), {"seq": 9}])[0]


def test_what_never_got_its_receipt_is_said() -> None:
    account = account_of(Kind.PLAIN)
    account.drains(drained=False, waiting=1, counts={})
    assert "no receipt in the end" in account.judge(found(account, 0, 1, 2, 3))[0]


def test_a_drop_is_told_and_counted_or_it_is_a_loss() -> None:
    account = account_of(Kind.TINY)
    account.tells("dropped", "id-0", "outbox full (count)")
    account.drains(**{**DONE, "counts": {"dropped_for_count": 1}})
    assert account.judge(found(account, 1, 2, 3)) == []
    account.drains(**DONE)
    assert "1 drops were told, and 0 counted" in account.judge(found(account, 1, 2, 3))[0]


def test_a_kill_may_swallow_the_word_of_a_drop_but_not_its_count() -> None:
    account = account_of(Kind.TINY)
    counted = {**DONE, "counts": {"dropped_for_count": 1}}
    account.drains(**counted)
    assert "0 drops were told, and 1 counted" in account.judge(found(account, 1, 2, 3))[0]
    account.dies()
    assert account.judge(found(account, 1, 2, 3)) == []
    assert "[0, 1] were kept" in account.judge(found(account, 2, 3))[0]


def test_what_was_begun_when_it_was_killed_may_be_there_or_not() -> None:
    account = account_of(Kind.PLAIN)
    account.begins([4])
    account.dies()
    account.drains(**DONE)
    assert account.judge(found(account, 0, 1, 2, 3)) == []
    assert account.judge(found(account, 0, 1, 2, 3, 4)) == []


def test_what_is_held_comes_as_one_when_it_drains_and_not_when_it_is_killed() -> None:
    account = account_of(Kind.COUNTING, 12)
    motions = [n for n, body in account.begun.items() if body.get("text") == MOTION]
    fates = [account.fates[n] for n in motions[:6]]
    assert fates == [HELD, HELD, HELD, HELD, KEPT, HELD]
    others = [n for n in account.begun if n not in motions]
    rows = found(account, *others, motions[4])
    rows[-1]["text"] = f"{MOTION} (5 times within 3600 s)"
    account.dies()
    assert account.judge(rows) == []
    held = found(account, motions[0])
    held[0]["text"] = MOTION
    assert f"entry {motions[0]} was held, and is there" in account.judge([*rows, *held])[0]


def test_rules_are_said_a_second_time() -> None:
    account = account_of(Kind.SHAPED, 60)
    assert {KEPT, HELD, UNCHANGED} <= set(account.fates.values())
    account.begins([60])
    account.says([(60, "id-60", "dropped")])
    assert "entry 60 is dropped, where its rules say" in account.wrong[0]


def test_repeats_are_counted_one_by_one() -> None:
    account = account_of(Kind.REPEATING)
    [repeated] = found(account, 0)
    account.drains(**DONE)
    assert account.judge([{**repeated, "seen": 4}]) == []
    assert "4 were kept of 4, and 5 are counted" in account.judge([{**repeated, "seen": 5}])[0]
    assert "never observed" in account.judge([{**repeated, "text": "all is well", "seen": 4}])[0]
