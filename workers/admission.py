"""Which new observations are stored, of those that are in order: limits that an operator set. Pure."""

from collections.abc import Mapping, Sequence

from broker_bridge import topics
from broker_bridge.messages import Message
from schemas.receipt import Reason
from workers.intake import Accepted, Intake
from workers.limits import Pace

FORGOTTEN: tuple[Reason, str] = (
    "forgotten",
    "its owner had it forgotten; leave it out, or observe anew under another id",
)
TOO_FAST: tuple[Reason, str] = (
    "too_fast",
    "send fewer messages a second (several observations in one count as one); an operator set this limit",
)
ENTITY_FULL: tuple[Reason, str] = (
    "entity_full",
    "this entity holds as many memories as it may; forget some, or give them a ttl",
)


def too_fast(
    messages: Sequence[Message], intakes: Sequence[Intake], fresh: Mapping[str, Accepted], pace: Pace
) -> list[str]:
    """The ids of new observations in messages that came too fast.

    What the broker sends again was counted before, or is our own doing; a message that holds nothing but
    what is stored already is a device's resend, and harmless.
    """
    refused: list[str] = []
    if not pace.is_limited:
        return refused  # as by default, and thousands a message are not looked through
    for message, intake in zip(messages, intakes, strict=True):
        client = topics.speaker(message.topic)
        accepted = [taken.memory.id for taken in intake.observations if isinstance(taken, Accepted)]
        new = [
            taken.memory.id
            for taken in intake.observations
            if isinstance(taken, Accepted) and fresh.get(taken.memory.id) is taken
        ]
        is_resend = not new and len(accepted) == len(intake.observations)
        if client is None or message.again or is_resend:
            continue
        if not pace.allows(client, message.arrived):
            refused += new
    return refused
