"""workers/gone.py"""

import base64
import json
from typing import Any

import msgpack
import pytest

from memory.records import Version
from schemas.identity import by_observation_id
from schemas.service import DeadLetter
from tests.contract.memories import a_memory
from workers.gone import Gone

SENT = by_observation_id("acme", "home7", "kiosk-1", 7)


def letter(payload: bytes | Any, *, client: str = "kiosk-1", entity: str = "home7") -> DeadLetter:
    sent = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return DeadLetter(
        letter="x", at=5.0, topic=f"mem/v1/acme/obs/{client}/{entity}", reason="invalid", hint="",
        payload=base64.b64encode(sent).decode(), payload_bytes=len(sent),
    )  # fmt: skip


@pytest.fixture
def gone() -> Gone:
    made = Gone()
    before = Version(kind="note", text="what it said before", at=1.0, by="phone", written=1.0)
    made.add([a_memory(id=SENT, text="secret", versions=[before])])
    made.add([a_memory(text="home7 temperature 19 °C")])
    return made


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "secret", "at": 9e11},
        {"text": "secret", "tags": "no list"},
        {"id": 7, "tags": "no list", "text": "not as it was corrected"},
        msgpack.packb({"i": 7, "t": 5}),
        [{"text": "other"}] * 300 + [{"t": "secret"}],
        {"text": "what it said before"},
        {"value": 19, "unit": "Cel", "attribute": "temperature", "tags": 5},
        b'{"text": "secr',
    ],
    ids=["ahead", "a wrong field", "by its id", "short", "too many", "a version", "a reading", "unreadable"],
)
def test_a_letter_that_holds_some_of_it_is_found_however_wrong_it_was(gone: Gone, payload: Any) -> None:
    assert gone.is_in(letter(payload))


@pytest.mark.parametrize(
    "other",
    [
        letter({"text": "other", "id": "7"}),
        letter({"id": 7, "text": "other"}, client="kiosk-2"),
        letter({"text": "secret"}, entity="home8"),
        letter(b""),
        letter([5, "secret", {"id": 1.5, "value": {}, "attribute": 5}]),
        letter({"text": "secret"}, entity="a/+/b"),
    ],
    ids=["other", "another's", "elsewhere", "empty", "odd", "topic"],
)
def test_any_other_letter_is_not(gone: Gone, other: DeadLetter) -> None:
    assert not gone.is_in(other)


def test_whose_letters_need_no_decoding_is_told_by_their_topic(gone: Gone) -> None:
    assert gone.is_about("mem/v1/acme/obs/anybody/home7")
    assert not gone.is_about("mem/v1/acme/obs/anybody/home7/ana")
    assert not gone.is_about("mem/v1/other/obs/anybody/home7")
    assert not gone.is_about("home7")
