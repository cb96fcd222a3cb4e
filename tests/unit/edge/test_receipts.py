"""What a message of receipts says, whoever wrote it."""

from typing import Any

import msgpack
import pytest

from edge.receipts import HINT_CHARACTERS_MAX, REASON_CHARACTERS_MAX, Refusal, Told, Unreadable, read


def told(*rows: Any, **more: Any) -> Told:
    return read(msgpack.packb({"rs": list(rows), **more}))


def test_what_was_taken_and_what_was_refused_is_told_apart() -> None:
    assert told(
        {"i": 1, "s": "stored", "m": "x"},
        {"i": "1", "s": "duplicate"},
        {"i": 2, "s": "merged"},
        {"i": 3, "s": "refused", "r": "invalid", "h": "say more"},
        {"s": "refused", "r": "malformed"},
        n=1.5,
    ) == Told(
        (1, "1", 2), (Refusal(3, "invalid", "say more"), Refusal(None, "malformed", "")), 1.5, unreadable=0
    )  # fmt: skip


@pytest.mark.parametrize("id_", [True, 1.0, None, [1], {"a": 1}, b"1", 2**64 - 1])
def test_what_is_no_id_takes_nothing_out(id_: Any) -> None:
    assert told({"i": id_, "s": "stored"}, {"i": 2, "s": "stored"}) == Told((2,), (), None, unreadable=1)


@pytest.mark.parametrize("status", ["on its way", "", None, 1, {}, ["stored"]])
def test_a_status_of_a_later_version_promises_nothing(status: Any) -> None:
    assert told({"i": 1, "s": status}) == Told((), (), None, unreadable=1)


def test_reasons_and_hints_are_words_and_bounded() -> None:
    assert told({"i": 1, "s": "refused", "r": {}, "h": [1]}).refused == (Refusal(1, "unknown", ""),)
    [long] = told({"i": 1, "s": "refused", "r": "r" * 9999, "h": "h" * 9999}).refused
    assert (len(long.reason), len(long.hint)) == (REASON_CHARACTERS_MAX, HINT_CHARACTERS_MAX)


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x91\x01", b"\x80", b"\x81\xa2rs\x01", b"\x91" * 5000])
def test_what_holds_no_receipts_says_so(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        read(payload)
