"""schemas/service.py"""

from typing import Any

import pytest

from schemas.service import DeadLetter, ServiceStats, ServiceStatus
from schemas.wire import Invalid, Wire

LETTER: dict[str, Any] = {
    "letter": "0123456789ab",
    "at": 1.0,
    "topic": "mem/v1/acme/obs/c/e",
    "reason": "invalid",
    "hint": "`text`: …",
    "payload": "e30=",
    "payload_bytes": 2,
}


@pytest.mark.parametrize("health", ["starting", "online", "degraded", "offline"])
def test_a_status_is_one_of_four(health: str) -> None:
    assert ServiceStatus.load({"status": health}).dump(short=False) == {"status": health}


@pytest.mark.parametrize(
    ("model", "sent", "field"),
    [
        (ServiceStatus, {"status": "fine"}, "status"),
        (ServiceStatus, {}, "status"),
        (ServiceStatus, {"status": "online", "durability": "disk"}, "durability"),
        (ServiceStatus, {"status": "online", "since": float("nan")}, "since"),
        (ServiceStats, {"at": 1.0, "uptime_s": 1.0, "counters": {"a": 1.5}, "gauges": {}}, "counters.a"),
        (ServiceStats, {"at": 1.0, "uptime_s": float("inf"), "counters": {}, "gauges": {}}, "uptime_s"),
        (DeadLetter, LETTER | {"payload": b"{}"}, "payload"),
        (DeadLetter, LETTER | {"payload_bytes": "2"}, "payload_bytes"),
    ],
)
def test_what_a_service_never_says_is_refused_by_name(model: type[Wire], sent: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        model.load(sent)
    assert refused.value.field == field


@pytest.mark.parametrize("missing", LETTER)
def test_a_dead_letter_holds_everything_needed_to_understand_and_replay_it(missing: str) -> None:
    assert DeadLetter.load(LETTER).dump(short=False) == LETTER
    with pytest.raises(Invalid, match=f"`{missing}`: is needed"):
        DeadLetter.load({name: value for name, value in LETTER.items() if name != missing})


@pytest.mark.parametrize("model", [ServiceStatus, ServiceStats, DeadLetter])
def test_operators_read_long_names_alone(model: type[Wire]) -> None:
    names = set(model.model_fields)
    sample = model.load(
        {ServiceStatus: {"status": "online"}, DeadLetter: LETTER}.get(
            model, {"at": 1.0, "uptime_s": 0.0, "counters": {"k": 1}, "gauges": {}}
        )
    )
    assert sample.dump(short=True) == sample.dump(short=False)
    assert set(sample.dump(short=True)) <= names
