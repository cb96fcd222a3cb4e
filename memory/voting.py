"""What clients say of a memory's use, and how much it is worth by that. Pure.

The importance that the device gave stays as it is; what counts in a ranking is that, moved by the votes. Each
client has one vote, its last: who asks again, or whose request the broker brings twice, changes nothing, and
nobody votes often enough to bury a memory or to put one above all others.
"""

from dataclasses import replace

from memory.records import Memory

IMPORTANCE_UNSAID = 0.5
"""What counts where the device gave none: neither."""
VOTE_STEP = 0.1
"""What one vote moves importance by: in a household a single kiosk asks, and should be heard."""
VOTES_MOVE_MAX = 0.2
"""However many agree: what was said to matter still does when nobody found it of use lately."""
VOTES_MAX = 64
"""Of one memory; past it who voted longest ago has no vote any more. A memory stays small."""


def voted(memory: Memory, client: str, *, useful: bool) -> Memory:
    """The memory with a client's vote; the same memory if that is its vote already."""
    if memory.votes.get(client) is useful:
        return memory
    others = {voter: vote for voter, vote in memory.votes.items() if voter != client}
    votes = {**others, client: useful}
    return replace(memory, votes=dict(list(votes.items())[-VOTES_MAX:]))


def importance(memory: Memory) -> float:
    """What a memory counts as in a ranking, 0 to 1."""
    given = IMPORTANCE_UNSAID if memory.importance is None else memory.importance
    useful = sum(memory.votes.values())
    moved = VOTE_STEP * (useful - (len(memory.votes) - useful))
    return min(1.0, max(0.0, given + min(VOTES_MOVE_MAX, max(-VOTES_MOVE_MAX, moved))))
