"""Whatever is sent: read as it was meant, or refused by name. Nothing else, ever."""

import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker_bridge import topics
from broker_bridge.codec import Encoding, Malformed, decode, encode
from broker_bridge.messages import Message
from broker_bridge.requests import Refused, Unanswerable, read_ask
from broker_bridge.topics import CLIENT_VERBS, Address, BadTopic, Topic
from schemas import identity
from schemas.observation import Observation
from schemas.receipt import Reason, Receipts
from schemas.replies import Failure
from schemas.requests import UnknownOp, request_type
from schemas.wire import Invalid
from tests.wire import strategies as wire
from tests.wire.reading import NOW, TOPIC, exactly
from workers.intake import Accepted, Refusal, take_in

NAMES_A_FIELD = re.compile(
    r"`(id|text|value|unit|attribute|kind|at|session|seq|tags|importance|ttl|meta)[`.]"
)
SAYS_WHAT = ("payload: ", "must be a map")
CONTRACT_TOPIC = re.compile(
    r"mem/v1/(?P<tenant>{0})/(?P<verb>obs|receipt|query|manage|reply)/(?P<client>{0})/"
    r"(?P<entity>{0}(/{0}){{0,7}})(?P<all>/_all)?".format("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
)

both_encodings = pytest.mark.parametrize("encoding", Encoding, ids=lambda encoding: encoding.value)


def a_message(topic: str, payload: bytes, **more: Any) -> Message:
    usual = {"qos": 1, "retain": False, "mid": 1, "connection": 1, "arrived": 0.0}
    return Message(topic=topic, payload=payload, **(usual | more))


@both_encodings
@given(drawn=st.data(), fields=wire.observation_fields())
def test_a_good_observation_is_taken_whatever_its_names_and_their_order(
    encoding: Encoding, drawn: st.DataObject, fields: dict[str, Any]
) -> None:
    sent = drawn.draw(wire.renamed(Observation, fields))
    intake = take_in(TOPIC, wire.packed(sent, encoding), retain=False, now=NOW)
    [taken] = intake.observations
    assert isinstance(taken, Accepted), taken
    # What was sent is what is kept, digit for digit and type for type.
    memory = taken.memory
    for field, kept in {"value": memory.value, "id": memory.observation_id, "seq": memory.seq}.items():
        assert exactly(kept) == exactly(fields.get(field))
    assert memory.text == fields.get("text", memory.text)
    assert (memory.tags, memory.meta) == (fields.get("tags", []), fields.get("meta"))
    assert (memory.tenant, memory.device, memory.entity) == ("acme", "kiosk-1", "home7/kitchen")
    assert intake.unknown_fields == len(sent) - len(fields)


@given(fields=wire.observation_fields(), drawn=st.data())
def test_names_and_encoding_do_not_change_which_memory_it_is(
    fields: dict[str, Any], drawn: st.DataObject
) -> None:
    payloads = [wire.packed(drawn.draw(wire.renamed(Observation, fields)), encoding) for encoding in Encoding]
    taken = [take_in(TOPIC, payload, retain=False, now=NOW).observations[0] for payload in payloads]
    memories = [(each.memory, each.words) for each in taken if isinstance(each, Accepted)]
    assert len(memories) == 2
    assert repr(memories[0]) == repr(memories[1])


@both_encodings
@given(fields=wire.observation_fields())
def test_an_accepted_observation_is_written_and_read_again_unchanged(
    encoding: Encoding, fields: dict[str, Any]
) -> None:
    observation = Observation.load(fields)
    for short in (True, False):
        written = encode(observation.dump(short=short), encoding)
        again = Observation.load(decode(written))
        assert again == observation
        assert exactly(again.dump(short=False)) == exactly(observation.dump(short=False))
        assert encode(again.dump(short=short), encoding) == written


@both_encodings
@given(sent=wire.doubtful_observation())
def test_a_refused_observation_is_told_which_field_is_wrong(encoding: Encoding, sent: Any) -> None:
    for each in take_in(TOPIC, wire.packed(sent, encoding), retain=False, now=NOW).observations:
        if isinstance(each, Refusal):
            assert each.reason in get_args(Reason)
            assert NAMES_A_FIELD.search(each.hint) or each.hint.startswith(SAYS_WHAT), each.hint
            assert "\n" not in each.hint
            assert len(each.hint) < 300


@both_encodings
@given(sent=st.lists(wire.doubtful_observation(), min_size=1, max_size=5))
def test_each_observation_of_a_batch_has_its_receipt_in_its_place(
    encoding: Encoding, sent: list[Any]
) -> None:
    payload = wire.packed(sent, encoding)
    assume(_is_readable(payload))
    taken = take_in(TOPIC, payload, retain=False, now=NOW).observations
    assert len(taken) == len(sent)
    for raw, each in zip(sent, taken, strict=True):
        alone = take_in(TOPIC, wire.packed([raw], encoding), retain=False, now=NOW).observations
        assert repr([each]) == repr(alone)


@given(st.lists(wire.doubtful_observation(), max_size=4), wire.ENCODINGS)
def test_the_receipts_of_refusals_can_be_written_in_both_encodings(
    sent: list[Any], encoding: Encoding
) -> None:
    taken = take_in(TOPIC, wire.packed(sent, encoding), retain=False, now=NOW).observations
    receipts = Receipts(receipts=[each.receipt for each in taken if isinstance(each, Refusal)])
    for out in Encoding:
        written = encode(receipts.dump(short=out is Encoding.MSGPACK), out)
        assert Receipts.load(decode(written)) == receipts


@given(payload=wire.ANY_BYTES)
def test_noise_is_malformed_and_nothing_else(payload: bytes) -> None:
    hint = _refusal(lambda: decode(payload), Malformed)
    assert hint is None or (hint.startswith("payload: ") and len(hint) < 300)


@given(topic=st.just(TOPIC) | wire.TOPIC_LIKE, payload=wire.ANY_BYTES, retain=st.booleans())
def test_noise_is_refused_with_a_dead_letter_and_never_raises(
    topic: str, payload: bytes, *, retain: bool
) -> None:
    intake = take_in(topic, payload, retain=retain, now=NOW)
    assert intake.observations
    for each in intake.observations:
        if isinstance(each, Refusal):
            assert each.receipt.hint
        else:
            assert not retain
            assert topic == topics.of_client(
                "obs", Address(each.memory.tenant, each.memory.device, each.memory.entity)
            )


@given(
    topic=st.just("mem/v1/acme/query/kiosk-1/home7/_all")
    | st.just("mem/v1/acme/manage/kiosk-1/home7")
    | wire.TOPIC_LIKE,
    payload=wire.ANY_BYTES | st.builds(wire.packed, wire.doubtful_request(), wire.ENCODINGS),
    response_topic=st.none() | wire.TOPIC_LIKE | st.just("mem/v1/acme/reply/kiosk-1/mine"),
    retain=st.booleans(),
)
def test_any_request_is_read_refused_or_unanswerable_and_answered_to_its_sender_alone(
    topic: str, payload: bytes, response_topic: str | None, *, retain: bool
) -> None:
    message = a_message(topic, payload, response_topic=response_topic, retain=retain)
    try:
        reply_to, asked = read_ask(message)
    except Unanswerable:
        return
    except Refused as refused:
        reply_to, failure = refused.reply_to, refused.failure
    else:
        failure = None
        hint = _refusal(
            lambda: request_type(asked.topic.verb, asked.fields).load(asked.fields), Invalid, UnknownOp
        )
        assert hint is None or ("`" in hint and len(hint) < 300)
    tenant, client = topic.split("/")[2], topic.split("/")[4]
    assert reply_to.topic.split("/")[2:5] == [tenant, "reply", client]
    assert reply_to.client == (tenant, client)
    assert (
        failure is None
        or Failure.load(decode(encode(failure.dump(short=True), reply_to.encoding))) == failure
    )


@both_encodings
@given(drawn=st.data(), asked=wire.request_fields())
def test_a_good_request_is_read_as_it_was_meant(encoding: Encoding, drawn: st.DataObject, asked: Any) -> None:
    model, fields = asked
    sent = drawn.draw(wire.renamed(model, fields))
    topic = f"mem/v1/acme/{model.verb}/kiosk-1/home7"
    reply_to, read = read_ask(a_message(topic, wire.packed(sent, encoding)))
    request = request_type(read.topic.verb, read.fields).load(read.fields)
    assert type(request) is model
    assert (reply_to.id, reply_to.encoding) == (fields.get("id"), encoding)
    for short in (True, False):
        assert model.load(decode(encode(request.dump(short=short), encoding))) == request


ADDRESSES = st.builds(
    Address, wire.LEVELS, wire.LEVELS, st.lists(wire.LEVELS, min_size=1, max_size=8).map("/".join)
)


@given(verb=st.sampled_from(CLIENT_VERBS), address=ADDRESSES)
def test_an_address_survives_its_topic(verb: str, address: Address) -> None:
    assert Topic.parse(topics.of_client(verb, address)) == Topic(verb, address)


@given(
    topic=wire.TOPIC_LIKE
    | wire.TOPIC_LIKE.map("mem/v1/{}".format)
    | st.from_regex(CONTRACT_TOPIC, fullmatch=True)
)
def test_a_topic_parses_if_and_only_if_it_is_the_contracts(topic: str) -> None:
    grammar = CONTRACT_TOPIC.fullmatch(topic)
    asks = grammar is not None and (not grammar["all"] or grammar["verb"] in {"query", "manage", "reply"})
    if asks and len(topic) <= 256:
        assert grammar is not None
        address = Address(grammar["tenant"], grammar["client"], grammar["entity"], bool(grammar["all"]))
        assert Topic.parse(topic) == Topic(grammar["verb"], address)
    else:
        with pytest.raises(BadTopic, match=r"^topic: "):
            Topic.parse(topic)


WHO = st.tuples(wire.LEVELS, st.lists(wire.LEVELS, min_size=1, max_size=3).map("/".join), wire.LEVELS)
DEVICE_IDS = wire.INT64 | wire.name(64, 1) | wire.INT64.map(str) | wire.INT64.map("i{}".format)


@given(one=st.tuples(WHO, DEVICE_IDS), other=st.tuples(WHO, DEVICE_IDS), pieces=wire.LEVELS)
def test_no_two_observations_share_a_memory_id(one: Any, other: Any, pieces: str) -> None:
    # Beside any two: the near misses, where a piece of one level moves into the next.
    (tenant, entity, client), id_ = one
    near = [((tenant + pieces, entity, client), id_), ((tenant, pieces + entity, client), id_)]
    near += [((tenant, entity, client + pieces), id_), ((tenant, f"{entity}/{client}", client), id_)]
    everyone = {
        exactly(each): each
        for each in [one, other, *near, ((client, entity, tenant), id_), ((tenant, entity, client), f"{id_}")]
    }
    ids = {identity.by_observation_id(*who, observation_id) for who, observation_id in everyone.values()}
    assert len(ids) == len(everyone)


def _refusal(read: Callable[[], object], *declared: type[Exception]) -> str | None:
    """What a declared refusal says; any other exception is the test's failure."""
    try:
        read()
    except declared as error:
        return str(error)
    return None


def _is_readable(payload: bytes) -> bool:
    try:
        return bool(decode(payload))
    except Malformed:
        return False
