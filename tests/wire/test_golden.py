"""Every payload ever sent as v1 decodes for ever.

`golden/` holds payloads byte for byte as they were sent, and what each must decode to. Files are only ever
added (`python -m tests.wire.record`): never edit one, never delete one, or a device in the field that still
sends it is no longer understood. A test that fails here is a broken promise, not a stale file.
"""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from broker_bridge.codec import Encoding, decode, encode
from schemas.reference import MODELS
from schemas.requests import OPS
from schemas.wire import Wire, short_keys
from tests.wire.reading import (
    ENCODINGS,
    GOLDEN,
    Read,
    assert_same,
    expectation_files,
    expectation_of,
    payload_files,
    read,
    wires,
)
from tests.wire.record import record

FILES_AT_LEAST = 533
"""How many payloads there were when this was last raised: one that was deleted is missed here."""
FOLDERS = {"observation", "receipts", "stream", "query", "manage", "reply", "digest", "service"}
ALWAYS_JSON, ALWAYS_MSGPACK = {"service"}, {"stream"}

every_payload = pytest.mark.parametrize("file", payload_files(), ids=lambda f: str(f.relative_to(GOLDEN)))


def read_file(file: Path) -> Read:
    expected = json.loads(expectation_of(file).read_text())
    return read(file.parent.name, file.read_bytes(), expected.get("model"))


@every_payload
def test_every_payload_ever_sent_decodes_to_what_it_meant(file: Path) -> None:
    assert_same(read_file(file).said, json.loads(expectation_of(file).read_text()))


@every_payload
def test_a_payload_lies_under_the_encoding_its_first_byte_tells(file: Path) -> None:
    assert Encoding.of(file.read_bytes()).value == file.suffix.removeprefix(".")


@every_payload
def test_what_was_decoded_is_written_and_read_again_unchanged(file: Path) -> None:
    for model in read_file(file).models:
        for encoding in Encoding:
            written = encode(model.dump(short=encoding is Encoding.MSGPACK), encoding)
            again = type(model).load(decode(written))
            assert again == model
            assert encode(again.dump(short=encoding is Encoding.MSGPACK), encoding) == written


def test_every_expectation_has_a_payload_and_every_payload_an_expectation() -> None:
    assert {expectation_of(file) for file in payload_files()} == set(expectation_files())


def test_nothing_lies_in_the_golden_folders_that_no_test_reads() -> None:
    found = {file for file in GOLDEN.rglob("*") if file.is_file() and file.name != ".gitattributes"}
    assert found == {*payload_files(), *expectation_files()}
    assert {file.parent for file in found} == {GOLDEN / folder for folder in FOLDERS}


def test_golden_files_only_become_more() -> None:
    assert len(payload_files()) >= FILES_AT_LEAST


def test_both_encodings_are_kept_of_whatever_is_sent_in_both() -> None:
    kept: defaultdict[str, set[str]] = defaultdict(set)
    for file in payload_files():
        kept[file.parent.name].add(file.suffix)
    both = FOLDERS - ALWAYS_JSON - ALWAYS_MSGPACK
    assert {folder for folder, kinds in kept.items() if kinds == {".json", ".msgpack"}} == both
    assert {folder for folder, kinds in kept.items() if kinds == {".json"}} == ALWAYS_JSON
    assert {folder for folder, kinds in kept.items() if kinds == {".msgpack"}} == ALWAYS_MSGPACK


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_every_model_was_sent_once(model: type[Wire], encoding: str) -> None:
    seen = _fields_sent(encoding)
    if model.__name__ in _MODELS_SENT_IN_ONE and encoding != _MODELS_SENT_IN_ONE[model.__name__]:
        assert model.__name__ not in seen
    else:
        assert seen[model.__name__] == set(short_keys(model))


def test_every_op_was_asked_once() -> None:
    asked = {
        (file.parent.name, model.model_dump()["op"])
        for file in payload_files()
        if file.parent.name in {"query", "manage"}
        for model in read_file(file).models
    }
    assert asked == set(OPS)


def test_a_golden_file_is_never_written_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.wire.record.GOLDEN", tmp_path)
    record("observation", "first", b'{"text": "as it was sent"}')
    with pytest.raises(FileExistsError):
        record("observation", "first", b'{"text":  "as it was sent"}')
    with pytest.raises(AssertionError):
        record("observation", "first", b"\x81\xa1t\xa4othr"[:-1] + b"r")
    assert (tmp_path / "observation" / "first.json").read_bytes() == b'{"text": "as it was sent"}'
    assert not (tmp_path / "observation" / "first.msgpack").exists()


_MODELS_SENT_IN_ONE = {
    "StreamRecord": "msgpack",
    "ServiceStatus": "json",
    "ServiceStats": "json",
    "DeadLetter": "json",
}


@cache
def _fields_sent(encoding: str) -> dict[str, set[str]]:
    """By model, the fields that some payload in this encoding carried."""
    sent: defaultdict[str, set[str]] = defaultdict(set)
    for file in payload_files():
        if file.suffix == f".{encoding}":
            for model in wires(read_file(file).models):
                sent[type(model).__name__] |= model.dump(short=False).keys()
    return sent
