"""schemas/receipt.py"""

from typing import Any, get_args

import pytest

from schemas.receipt import Reason, Receipt, Receipts, Status
from schemas.wire import Invalid, short_keys


def test_the_short_keys_and_codes_are_the_contracts() -> None:
    assert short_keys(Receipts) == {"receipts": "rs", "now": "n"}
    assert short_keys(Receipt) == {"id": "i", "status": "s", "memory": "m", "reason": "r", "hint": "h"}
    assert get_args(Status) == ("stored", "duplicate", "merged", "refused")
    # Devices branch on these: one may be added, none may go.
    assert set(get_args(Reason)) >= {
        "malformed",
        "invalid",
        "too_large",
        "too_many",
        "retained",
        "topic",
        "fault",
    }


def test_receipts_keep_the_order_of_the_observations() -> None:
    receipts = [Receipt(id=number, status="stored", memory="m") for number in (3, 1, 2)]
    assert [each["i"] for each in Receipts(receipts=receipts).dump(short=True)["rs"]] == [3, 1, 2]


def test_receipts_of_observations_do_not_carry_the_time() -> None:
    receipts = Receipts(receipts=[Receipt(id=1, status="stored", memory="m")])
    assert receipts.dump(short=True) == {"rs": [{"i": 1, "s": "stored", "m": "m"}]}
    assert receipts.dump(short=False).keys() == {"receipts"}


@pytest.mark.parametrize("id_", ["5", 5, -(2**63), 2**63 - 1], ids=repr)
def test_an_id_comes_back_as_it_was_sent(id_: Any) -> None:
    again = Receipt.load(Receipt(id=id_, status="stored").dump(short=True)).id
    assert (again, type(again)) == (id_, type(id_))


@pytest.mark.parametrize(
    "sent", [{}, {"status": None}, {"status": "lost"}, {"s": 1}, {"s": "STORED"}], ids=repr
)
def test_a_receipt_without_a_status_is_none(sent: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="`status`"):
        Receipt.load(sent)
