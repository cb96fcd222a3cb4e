"""workers/admission.py"""

import json
from dataclasses import replace

from broker_bridge.messages import Message
from workers.admission import too_fast
from workers.intake import Accepted, take_in
from workers.limits import Pace


def refused(pace: Pace, *messages: Message, known: frozenset[int] = frozenset()) -> int:
    """How many new observations are."""
    intakes = [take_in(each.topic, each.payload, retain=False, now=5.0) for each in messages]
    taken = [each for intake in intakes for each in intake.observations if isinstance(each, Accepted)]
    fresh = {each.memory.id: each for each in taken if each.memory.observation_id not in known}
    return len(too_fast(messages, intakes, fresh, pace))


def message(observation_id: int) -> Message:
    payload = json.dumps({"id": observation_id, "text": "x"}).encode()
    return Message("mem/v1/acme/obs/phone/home7", payload, 1, retain=False, mid=1, connection=1, arrived=0.0)


def test_what_is_new_is_counted() -> None:
    assert refused(Pace(0.2), message(1), message(2), message(3)) == 2


def test_a_resend_of_what_is_stored_is_neither_counted_nor_refused() -> None:
    assert refused(Pace(0.2), message(1), message(2), message(3), known=frozenset({1, 2})) == 0


def test_what_the_broker_sends_again_is_neither_counted_nor_refused() -> None:
    again = replace(message(1), again=True)
    assert refused(Pace(0.2), again, again, message(2)) == 0
