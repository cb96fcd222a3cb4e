"""Some messages on their way to the store, and what becomes of each of their observations."""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker_bridge.codec import Encoding
from broker_bridge.messages import Message
from memory.audit_log import Deed
from memory.records import Memory, Vector
from schemas.receipt import Reason, Receipt, Status
from workers import deeds
from workers.admission import FORGOTTEN
from workers.intake import Accepted, Intake, Refusal, encode_one

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Some messages on their way to the store; by memory id, of several with one id the first."""

    messages: Sequence[Message]
    intakes: Sequence[Intake]
    fresh: dict[str, Accepted]
    """Not stored yet."""
    refused: dict[str, tuple[Reason, str]] = field(default_factory=dict)
    """Those that are in order and not to be stored all the same: why, and what to do."""
    vectors: dict[str, Vector] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Those that our own mistake cost, with the traceback."""

    def refuse(self, memory_id: str, why: tuple[Reason, str]) -> None:
        """Takes a fresh one out."""
        self.refused[memory_id] = why
        del self.fresh[memory_id]

    def fail(self, memory_id: str) -> None:
        """Gives one observation up, for the error that is being handled."""
        log.exception("an observation failed alone", extra={"action": "refuse", "memory": memory_id})
        self.failed[memory_id] = traceback.format_exc()


@dataclass(frozen=True, slots=True)
class Done:
    """A message whose every observation is decided; what is left is to tell."""

    message: Message
    encoding: Encoding
    receipts: list[Receipt]
    stored: list[Memory]
    refused: list[Refusal]


def decided(message: Message, intake: Intake, batch: Batch) -> Done:
    """What became of each observation of a message, now that its batch is stored."""
    done = Done(message, intake.encoding, [], [], [])
    for taken in intake.observations:
        refusal = taken if isinstance(taken, Refusal) else _fault(taken, batch, intake.encoding)
        if refusal is not None:
            done.receipts.append(refusal.receipt)
            done.refused.append(refusal)
        elif isinstance(taken, Accepted):
            memory = taken.memory
            is_new = batch.fresh.get(memory.id) is taken
            status: Status = "stored" if is_new else "duplicate"
            done.receipts.append(Receipt(id=memory.observation_id, status=status, memory=memory.id))
            if is_new:
                done.stored.append(memory)
    return done


def deeds_of(done: Done) -> list[Deed]:
    """What the audit log is told of a message: which memories it became."""
    if not done.stored:
        return []
    first = done.stored[0]
    return deeds.of_memories(
        "observed", done.stored, at=first.received, tenant=first.tenant, client=first.device
    )


def _fault(taken: Accepted, batch: Batch, encoding: Encoding) -> Refusal | None:
    if (refused := batch.refused.get(taken.memory.id)) is not None:
        # The letter of what was forgotten is an empty one: it must not be kept in another place.
        payload = b"" if refused is FORGOTTEN else encode_one(taken.raw, encoding)
        return Refusal(*refused, payload, taken.memory.observation_id)
    trace = batch.failed.get(taken.memory.id)
    if trace is None:
        return None
    hint = "a fault of ours, kept as a dead letter; an operator can replay it: membroker deadletters"
    return Refusal("fault", hint, encode_one(taken.raw, encoding), taken.memory.observation_id, trace)
