"""How a golden file is read: as the service, kiosk or operator at the end of its topic reads it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker_bridge.codec import Malformed, decode
from schemas.observation import Observation
from schemas.receipt import TimeRequest
from schemas.reference import MODELS
from schemas.requests import UnknownOp, request_type
from schemas.wire import Invalid, Wire
from workers.intake import Refusal, take_in

GOLDEN = Path(__file__).parent / "golden"
ENCODINGS = ("json", "msgpack")

NOW = 1_780_000_000.0
TOPIC = "mem/v1/acme/obs/kiosk-1/home7/kitchen"

_MODELS = {model.__name__: model for model in MODELS}


@dataclass(frozen=True, slots=True)
class Read:
    """What a payload says, and the models it was read into."""

    said: dict[str, Any]
    models: list[Wire]


def payload_files() -> list[Path]:
    """Every payload ever sent."""
    return sorted(file for kind in ENCODINGS for file in GOLDEN.rglob(f"*.{kind}") if not _expects(file))


def expectation_files() -> list[Path]:
    """What the payloads must decode to; JSON and msgpack of one name mean the same."""
    return sorted(file for file in GOLDEN.rglob("*.json") if _expects(file))


def expectation_of(payload: Path) -> Path:
    """The file that says what a payload must decode to."""
    return payload.with_name(f"{payload.stem}.expected.json")


def read(folder: str, payload: bytes, model: str | None) -> Read:
    """Reads a payload of a folder; `model` names what replies and services send."""
    if folder == "observation":
        return _observations(payload)
    try:
        value = decode(payload)
        kind: Callable[[Any], type[Wire]] = (
            (lambda raw: request_type(folder, raw))
            if folder in {"query", "manage"}
            else (lambda _: _MODELS[str(model)])
        )
        models = [kind(raw).load(raw) for raw in (value if isinstance(value, list) else [value])]
    except (Malformed, Invalid, UnknownOp) as error:
        return Read({"refused": type(error).__name__, "hint": str(error)}, [])
    dumped = [each.dump(short=False) for each in models]
    said = dumped if isinstance(value, list) else dumped[0]
    return Read({"model": type(models[0]).__name__, "decodes_to": said}, models)


def _observations(payload: bytes) -> Read:
    intake = take_in(TOPIC, payload, retain=False, now=NOW)
    if intake.asked_at is not None:
        asked = {"model": "Observation", "observations": [], "asked_at": intake.asked_at}
        return Read(asked, [TimeRequest.load(decode(payload))])
    said, models = [], []
    for index, each in enumerate(intake.observations):
        if isinstance(each, Refusal):
            said.append({"refused": each.reason, "hint": each.hint})
            continue
        value = decode(payload)
        observation = Observation.load(value[index] if isinstance(value, list) else value)
        models.append(observation)
        said.append({"memory": each.memory.id, "decodes_to": observation.dump(short=False)})
    return Read({"model": "Observation", "observations": said}, list(models))


def assert_same(said: Any, expected: Any) -> None:
    """Equal to the type of each number; of a refusal's hint, only what it has to name is fixed."""
    if isinstance(expected, dict) and "refused" in expected:
        assert expected["refused"] == said.get("refused"), said
        assert expected["names"] in said["hint"]
    elif isinstance(expected, dict) and "observations" in expected:
        assert (said["model"], said.get("asked_at")) == (expected["model"], expected.get("asked_at"))
        for one, other in zip(said["observations"], expected["observations"], strict=True):
            assert_same(one, other)
    else:
        assert exactly(said) == exactly(expected)


def exactly(value: Any) -> str:
    """A value so that 1, 1.0 and true differ, and the order of a map's keys does not."""
    return json.dumps(value, sort_keys=True)


def wires(value: object) -> Iterator[Wire]:
    """A model and every model within it."""
    if isinstance(value, Wire):
        yield value
        for name in type(value).model_fields:
            yield from wires(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from wires(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from wires(item)


def _expects(file: Path) -> bool:
    return file.name.endswith(".expected.json")
