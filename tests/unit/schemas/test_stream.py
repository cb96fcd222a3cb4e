"""schemas/stream.py"""

from typing import Any, get_args

import pytest

from schemas.observation import Observation
from schemas.stream import StreamEvent, StreamRecord
from schemas.wire import Invalid, short_keys


def test_the_events_and_their_key_are_the_contracts() -> None:
    assert get_args(StreamEvent) == ("stored", "merged", "summarised", "forgotten")
    assert short_keys(StreamRecord)["event"] == "y"
    assert (short_keys(StreamRecord)["memory"], short_keys(StreamRecord)["device"]) == ("m", "c")


def test_what_an_observation_says_too_stands_under_the_observations_keys() -> None:
    shared = set(short_keys(StreamRecord)) & set(short_keys(Observation))
    assert shared == {
        "kind", "text", "value", "unit", "attribute", "at", "importance", "session", "seq",
    }  # fmt: skip
    for name in shared:
        assert short_keys(StreamRecord)[name] == short_keys(Observation)[name]


def test_what_was_forgotten_is_told_by_ids_alone() -> None:
    told = StreamRecord(event="forgotten", memories=["a", "b"]).dump(short=True)
    assert told == {"y": "forgotten", "ms": ["a", "b"]}


@pytest.mark.parametrize("sent", [{}, {"y": "changed"}, {"y": None}, {"y": "stored", "a": "now"}], ids=repr)
def test_a_record_without_a_known_event_is_none(sent: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^`(event|at)`"):
        StreamRecord.load(sent)
