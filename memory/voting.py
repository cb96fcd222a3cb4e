"""What clients say of a memory's use, and how much it is worth by that. Pure.

The importance that the device gave stays as it is; what counts (`memory/worth.py`) is that, moved by the
votes. Each client has one vote, its last: who asks again, or whose request the broker brings twice, changes
nothing, and nobody votes often enough to bury a memory or to put one above all others.
"""

from collections.abc import Mapping
from dataclasses import replace

from memory.records import Memory

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


def moved(votes: Mapping[str, bool]) -> float:
    """By how much votes move what a memory counts as."""
    if not votes:
        return 0.0
    useful = sum(votes.values())
    moved_by = VOTE_STEP * (useful - (len(votes) - useful))
    return min(VOTES_MOVE_MAX, max(-VOTES_MOVE_MAX, moved_by))
