"""broker_bridge/codec.py. Noise: tests/wire/test_properties.py."""

import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.codec import Encoding, Malformed, decode, encode

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
MAPS = st.dictionaries(st.text(), PLAIN, max_size=5)


@pytest.mark.parametrize("start", [b"{", b"[", b" ", b"\t", b"\r", b"\n"], ids=repr)
def test_the_contracts_six_first_bytes_are_json(start: bytes) -> None:
    assert Encoding.of(start + b"rest") is Encoding.JSON


def test_every_other_first_byte_is_msgpack() -> None:
    others = [bytes([byte]) for byte in range(256) if byte not in b"{[ \t\r\n"]
    assert {Encoding.of(byte) for byte in others} == {Encoding.MSGPACK}
    assert Encoding.of(b"") is Encoding.MSGPACK


@given(MAPS | st.lists(MAPS, max_size=3), st.sampled_from(Encoding))
def test_what_is_encoded_is_told_by_its_first_byte_and_decoded_the_same(
    value: Any, encoding: Encoding
) -> None:
    payload = encode(value, encoding)
    assert Encoding.of(payload) is encoding
    assert repr(decode(payload)) == repr(value)


@pytest.mark.parametrize(
    "number", [0.1, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 1e16, 2**63 - 1, -(2**63)]
)
@pytest.mark.parametrize("encoding", Encoding)
def test_numbers_keep_every_digit_and_their_type(number: float, encoding: Encoding) -> None:
    [again] = decode(encode([number], encoding))
    assert (repr(again), math.copysign(1, again)) == (repr(number), math.copysign(1, number))


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b'{"a":1}{"b":2}', "not JSON"),
        (b"[1,]", "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"[Infinity]", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'["\xff"]', "not JSON"),
        (b'["\\ud800"]', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "not JSON"),
        (b"[" + b"9" * 100_000 + b"]", "not JSON"),
        (b"\xc1", "nor msgpack"),
        (b"\x81", "nor msgpack"),
        (b"\x81\xa1a", "nor msgpack"),
        (b"\x01\x01", "nor msgpack"),
        (b"\xa2\xff\xfe", "nor msgpack"),
        (b"\xa3\xed\xa0\x80", "nor msgpack"),
        (b"\x81\x90\x01", "nor msgpack"),
        (b"\x81\x05\x01", "nor msgpack"),
        (b"\x91" * 100_000, "nor msgpack"),
        (b"\xdd\xff\xff\xff\xff", "nor msgpack"),
        (b"\xdf\xff\xff\xff\xff", "nor msgpack"),
        (b"\xc6\xff\xff\xff\xff", "nor msgpack"),
        (msgpack.packb(msgpack.ExtType(5, b"abc")), "extension type 5"),
        (msgpack.packb({"a": [msgpack.ExtType(127, b"")]}), "extension type 127"),
    ],
    ids=lambda case: repr(case[:12]),
)
def test_a_payload_that_is_no_value_says_so_in_one_short_line(payload: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=f"^payload: .*{said}") as refused:
        decode(payload)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_torn_payload_is_malformed_wherever_it_was_torn() -> None:
    value = {"text": "Grüße", "value": 21.5, "tags": ["a", "b"], "meta": {"n": 2**40}}
    for encoding in Encoding:
        payload = encode(value, encoding)
        for end in range(len(payload)):
            with pytest.raises(Malformed):
                decode(payload[:end])


def test_json_is_written_compactly_and_readably() -> None:
    assert encode({"a": [1, None, True, "é\n"]}, Encoding.JSON) == '{"a":[1,null,true,"é\\n"]}'.encode()
