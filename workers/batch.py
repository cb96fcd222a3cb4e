"""Some messages on their way to the store, and what becomes of each of their observations."""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker_bridge.codec import Encoding
from broker_bridge.messages import Message
from memory.audit_log import Deed
from memory.records import Memory, Vector
from memory.repeats import Claim, Standing
from schemas.fixed import fixed
from schemas.receipt import Reason, Receipt, Status
from schemas.wire import Raw
from workers import deeds
from workers.admission import FORGOTTEN
from workers.intake import Accepted, Intake, Refusal, encode_one

log = logging.getLogger(__name__)


@fixed
class Merged:
    """An observation that is counted in a memory, now or before."""

    taken: Accepted
    memory: str
    is_resend: bool = False


@dataclass(slots=True)
class Batch:
    """Some messages on their way to the store; by memory id, of several with one id the first."""

    messages: Sequence[Message]
    intakes: Sequence[Intake]
    fresh: dict[str, Accepted]
    """Not stored yet."""
    refused: dict[str, tuple[Reason, str]] = field(default_factory=dict)
    """Those that are in order and not to be stored all the same: why, and what to do."""
    claims: dict[str, Claim] = field(default_factory=dict)
    """What each says, where it may be a repeat."""
    merged: dict[str, Merged] = field(default_factory=dict)
    """Those counted in another memory; with what that makes of it, and of what is compared with it."""
    repeated: dict[str, Standing] = field(default_factory=dict)
    standings: dict[bytes, Standing] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    judged: dict[str, Memory] = field(default_factory=dict)
    """Those whose importance we decided, as they are stored."""
    failed: dict[str, str] = field(default_factory=dict)
    """Those that our own mistake cost, with the traceback."""

    def refuse(self, memory_id: str, why: tuple[Reason, str]) -> None:
        """Takes a fresh one out."""
        self.refused[memory_id] = why
        del self.fresh[memory_id]

    def merge(self, memory_id: str, merged: Merged) -> None:
        """Takes a fresh one out, which is counted elsewhere."""
        self.merged[memory_id] = merged
        del self.fresh[memory_id]

    def has(self, memory_id: str) -> bool:
        """Whether a memory is there now, as far as the batch has it."""
        return memory_id not in self.failed and memory_id not in self.refused

    def as_stored(self, memory: Memory) -> Memory:
        """A fresh one as it is stored."""
        return self.judged.get(memory.id, memory)

    def fail(self, memory_id: str) -> None:
        """Gives one observation up, for the error that is being handled."""
        log.exception("an observation failed alone", extra={"action": "refuse", "memory": memory_id})
        self.failed[memory_id] = traceback.format_exc()


@fixed
class Done:
    """A message whose every observation is decided; what is left is to tell."""

    message: Message
    encoding: Encoding
    receipts: list[Raw]
    """As they are written."""
    statuses: list[Status]
    """Of the same."""
    stored: list[Memory]
    refused: list[Refusal]
    merged: dict[str, Memory]
    """By memory, the last of what was counted there."""
    asked_at: float | None = None
    """Of a time request: when it came."""


def decided(message: Message, intake: Intake, batch: Batch) -> Done:
    """What became of each observation of a message, now that its batch is stored."""
    done = Done(message, intake.encoding, [], [], [], [], {}, intake.asked_at)
    short = intake.encoding is Encoding.MSGPACK
    for taken in intake.observations:
        refusal = taken if isinstance(taken, Refusal) else _fault(taken, batch, intake.encoding)
        if refusal is not None:
            done.receipts.append(refusal.receipt.dump(short=short))
            done.statuses.append("refused")
            done.refused.append(refusal)
        elif isinstance(taken, Accepted):
            memory, merged = taken.memory, batch.merged.get(taken.memory.id)
            status: Status = "duplicate"
            if batch.fresh.get(memory.id) is taken:
                status = "stored"
                done.stored.append(batch.as_stored(memory))
            elif merged is not None and merged.taken is taken and not merged.is_resend:
                status = "merged"
                done.merged[merged.memory] = memory
            counted_in = memory.id if merged is None else merged.memory
            done.statuses.append(status)
            done.receipts.append(
                Receipt.map_of(short=short, id=memory.observation_id, status=status, memory=counted_in)
            )
    return done


def deeds_of(done: Done) -> list[Deed]:
    """What the audit log is told of a message: which memories it became."""
    told = {**{memory.id: memory for memory in done.stored}, **done.merged}
    if not told:
        return []
    first = next(iter(told.values()))
    touched = [(memory.entity, memory_id) for memory_id, memory in told.items()]
    return deeds.deeds(
        "observed", at=first.received, tenant=first.tenant, client=first.device, touched=touched
    )


def _fault(taken: Accepted, batch: Batch, encoding: Encoding) -> Refusal | None:
    merged = batch.merged.get(taken.memory.id)
    memory_id = taken.memory.id if merged is None else merged.memory
    if (refused := batch.refused.get(memory_id)) is not None:
        # The letter of what was forgotten is an empty one: it must not be kept in another place.
        payload = b"" if refused is FORGOTTEN else encode_one(taken.raw, encoding)
        return Refusal(*refused, payload, taken.memory.observation_id)
    trace = batch.failed.get(memory_id)
    if trace is None:
        return None
    hint = "a fault of ours, kept as a dead letter; an operator can replay it: membroker deadletters"
    return Refusal("fault", hint, encode_one(taken.raw, encoding), taken.memory.observation_id, trace)
