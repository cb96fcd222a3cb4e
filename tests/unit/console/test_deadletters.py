"""Letters found by name, shown readably, and sent again once."""

from pathlib import Path

import pytest

from console.deadletters import kept, line_of, one_of, plain, readable
from console.faults import Refused
from console.replaying import Replayed, distinct
from schemas.receipt import Receipt
from schemas.service import DeadLetter
from workers.deadletters import dead_letter
from workers.intake import Refusal
from workers.settings import Settings


def letter(name: str, payload: bytes = b"{}", topic: str = "mem/v1/t/obs/c/e") -> DeadLetter:
    made = dead_letter(topic, Refusal("invalid", "hint", payload))
    return made.model_copy(update={"letter": name})


def test_a_letter_is_found_by_its_beginning() -> None:
    letters = [letter("abc"), letter("abd"), letter("xyz")]
    assert one_of(letters, "x").letter == "xyz"
    assert one_of(letters, "abc").letter == "abc"


@pytest.mark.parametrize(("name", "said"), [("q", "there is no letter q"), ("ab", "2 letters begin with ab")])
def test_none_or_several_is_said_with_the_next_step(name: str, said: str) -> None:
    with pytest.raises(Refused, match=f"{said}; membroker deadletters list"):
        one_of([letter("abc"), letter("abd")], name)


def test_of_equal_letters_the_newest_is_replayed() -> None:
    letters = [letter("1"), letter("2", b"[]"), letter("3"), letter("4", topic="mem/v1/t/obs/c/f")]
    assert {each.letter for each in distinct(letters)} == {"2", "3", "4"}


@pytest.mark.parametrize(
    ("payload", "said"),
    [(b'{"text": 5}', "{'text': 5}"), (b"\x81\xa1t\x05", "{'t': 5}"), (b"\xc1", r"b'\xc1'")],
)
def test_a_payload_is_shown_as_its_value_or_its_bytes(payload: bytes, said: str) -> None:
    assert readable(payload) == said


@pytest.mark.parametrize(
    ("statuses", "taken"),
    [(["stored"], True), (["duplicate", "merged"], True), (["stored", "refused"], False), ([], False)],
)
def test_taken_means_that_all_of_it_is_remembered(statuses: list[str], *, taken: bool) -> None:
    receipts = [Receipt.model_validate({"status": status}) for status in statuses]
    assert Replayed(letter("1"), receipts).taken == taken


def test_a_replay_says_what_the_receipt_says() -> None:
    done = Replayed(letter("1"), [Receipt(status="stored", memory="m")])
    assert line_of(done) == "1  stored  memory m"
    assert plain(done) == {"letter": "1", "receipts": [{"status": "stored", "memory": "m"}]}
    assert "no receipt within" in line_of(Replayed(letter("1"), []))


def test_letters_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "deadletters" / "current.jsonl").mkdir(parents=True)
    with pytest.raises(Refused, match="cannot be read"):
        kept(Settings(data=tmp_path))


def test_no_letters_are_an_empty_list(tmp_path: Path) -> None:
    assert kept(Settings(data=tmp_path)) == []
