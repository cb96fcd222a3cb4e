"""What became of each observation (contract §4)."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.wire import Finite, Key, Wire

Status = Literal["stored", "duplicate", "merged", "refused"]
Reason = Literal[
    "malformed", "invalid", "too_large", "too_many", "retained", "topic", "fault",
    "forgotten", "too_fast", "entity_full",
]  # fmt: skip
"""Stable codes of a refusal."""


class Receipt(Wire):
    """Any status but `refused` is a promise: the memory survives a crash of everything, and a power cut."""

    id: Annotated[str | int | None, Key("i")] = Field(None, description="as the device sent it")
    status: Annotated[Status, Key("s")] = Field(
        description="`stored` (new), `duplicate` (already there, same id), `merged` (a repeat of a known"
        " memory: counted there), `refused` (never will be stored)"
    )
    memory: Annotated[str | None, Key("m")] = Field(None, description="the memory's id, unless refused")
    reason: Annotated[str | None, Key("r")] = Field(None, description="of a refusal: a stable code")
    hint: Annotated[str | None, Key("h")] = Field(None, description="of a refusal: what to change")


class TimeRequest(Wire):
    """In place of an observation, and alone: answered with receipts of nothing, and `now`."""

    now: Annotated[Literal[True], Key("y")] = True

    @classmethod
    def is_in(cls, raw: object) -> bool:
        """Whether a decoded value is one: what says anything besides is none."""
        return isinstance(raw, dict) and len(raw) == 1 and (raw.get("now") is True or raw.get("y") is True)


class Receipts(Wire):
    """One message for each observation message, in its encoding and its order."""

    receipts: Annotated[list[Receipt], Key("rs")]
    now: Annotated[Finite | None, Key("n")] = Field(
        None, description="to a time request: the memory's time, epoch seconds"
    )
