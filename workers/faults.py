"""What a worker does about a fault: decided here, as values; the workers obey. Pure.

`docs/faults.md` is this module as a table: each fault, where it reaches, what is decided, what is seen, and
the test that causes it. `tests/unit/workers/test_faults.py` holds the two together.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from broker_bridge.codec import Malformed
from broker_bridge.faults import BrokerFault
from broker_bridge.topics import BadTopic
from memory.errors import (
    MemoryFault,
    ModelError,
    StoreBroken,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreMismatch,
    StoreTaken,
)
from schemas.receipt import Reason
from schemas.requests import UnknownOp
from schemas.wire import Invalid
from workers.clock import ClockWrong
from workers.unanswered import Impossible, NotFound, NotServed

HOLD_S_FIRST = 0.2
HOLD_S_MAX = 10.0
"""The longest wait between two tries while a part is away; each is drawn anew below a doubling bound."""
STANDBY_POLL_S = 0.2
"""Between two looks at the store's lock: the kernel wakes nobody whom we could also cancel."""
TRIES_BEFORE_REOPENING = 4
"""Of one call of the store, some two seconds: what passes by itself has passed then."""


class Doing(StrEnum):
    """What a worker was at when the fault reached it."""

    OPENING = "opening the memory"
    READING_CLOCK = "reading the clock"
    TAKING_IN = "taking observations in"
    LOOKING_UP = "looking ids up"
    EMBEDDING = "embedding"
    STORING = "storing"
    FLUSHING = "flushing the store"
    COUNTING = "counting"
    KEEPING = "keeping dead letters"
    AUDITING = "writing the audit log"
    CONDENSING = "condensing"
    ANSWERING = "answering"
    RUNNING_BROKER = "running the broker"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Wrong for ever: tell its sender, keep it as a dead letter, acknowledge."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """A part is away: acknowledge nothing, say so, wait this long, try the same again."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Isolate:
    """Our own mistake, somewhere in a batch: try each observation alone, once."""


@dataclass(frozen=True, slots=True)
class GiveUpOne:
    """Our own mistake, with this observation: a dead letter with its traceback; the others go on."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """Only a new start mends it: disconnect, so that all that is unacknowledged comes again; open it anew."""


@dataclass(frozen=True, slots=True)
class StandBy:
    """Another process serves: don't connect, look again after this long."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Tell the asker: the contract's code, what is wrong, and the next step."""

    code: int
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class Stop:
    """No waiting mends it: the process ends, and says why."""


Decision = Refuse | Hold | Isolate | GiveUpOne | Reopen | StandBy | Answer | Stop


class WrongForEver(Exception):
    """A message that never will be stored; says why, and what to send instead."""

    def __init__(self, reason: Reason, hint: str) -> None:
        self.reason: Reason = reason
        super().__init__(hint)


class Reopening(Exception):
    """Carries the decision `Reopen` from a worker to the stack, with the fault as its cause."""


def decide(
    fault: Exception, doing: Doing, attempt: int = 0, *, alone: bool = False, draw: float | None = None
) -> Decision:
    """What to do about a fault.

    `attempt` counts from 0 the tries of the same; `alone` says that it was tried for one observation alone;
    `draw` in 0 … 1 is the jitter (default: random).
    """
    match doing:
        case Doing.TAKING_IN:
            return _refused(fault)
        case Doing.ANSWERING:
            return _answered(fault)
        case Doing.OPENING:
            return _not_opened(fault, attempt, draw)
        case Doing.RUNNING_BROKER:
            return hold(attempt, draw) if isinstance(fault, BrokerFault | OSError) else Stop()
        case _:
            return _at_work(fault, doing, attempt, alone=alone, draw=draw)


def hold(attempt: int, draw: float | None = None) -> Hold:
    """The wait before the next try; `attempt` counts from 0, `draw` lies in 0 … 1 (default: random)."""
    bound_s = min(HOLD_S_MAX, HOLD_S_FIRST * 2 ** min(attempt, 16))
    return Hold(bound_s * (random.random() if draw is None else draw))  # noqa: S311 - jitter, not a secret


def _refused(fault: Exception) -> Refuse | Stop:
    match fault:
        case WrongForEver():
            return Refuse(fault.reason)
        case BadTopic():
            return Refuse("topic")
        case Malformed():
            return Refuse("malformed")
        case Invalid():
            return Refuse("invalid")
        case _:
            return Stop()


def _at_work(fault: Exception, doing: Doing, attempt: int, *, alone: bool, draw: float | None) -> Decision:
    match fault:
        case StoreFull() | ClockWrong():
            return hold(attempt, draw)
        case StoreBroken() | Reopening():
            return Reopen()
        case StoreFailed() if attempt >= TRIES_BEFORE_REOPENING:
            return Reopen()
        case StoreError() | ModelError() | OSError():
            return hold(attempt, draw)
        case _ if doing in (Doing.EMBEDDING, Doing.STORING, Doing.CONDENSING):
            return GiveUpOne() if alone else Isolate()
        case _:
            return Stop()


def _not_opened(fault: Exception, attempt: int, draw: float | None) -> Decision:
    match fault:
        case StoreMismatch():
            return Stop()
        case StoreTaken():
            return StandBy(STANDBY_POLL_S)
        case MemoryFault() | OSError():
            return hold(attempt, draw)
        case _:
            return Stop()


def _answered(error: Exception) -> Answer:
    match error:
        case Invalid():
            told = 400, str(error), "docs/wire.md lists the fields of each op"
        case UnknownOp():
            told = 404, "no such op", str(error)
        case NotServed():
            told = 404, "this op is not served yet", str(error)
        case NotFound():
            told = 404, str(error), "ask for them where they were observed, or recall them by words"
        case Impossible():
            told = 422, "impossible", str(error)
        case MemoryFault():
            told = 503, "a part of the memory is away", error.hint
        case _:
            told = 500, "a fault of ours", "try again; an operator finds it in the log"
    return Answer(*told)
