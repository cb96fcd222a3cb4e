"""What a memory counts as: in rankings, profiles, digests, summaries, and for how long it is kept. Pure.

    importance, as its device gave it or as we decided it  +  repetition and use, where we did  +  votes

What a device says of importance is its word: only votes move that.
"""

from math import log2

from memory.records import Memory, Sample
from memory.voting import moved

IMPORTANCE_UNSAID = 0.5
"""What counts where nobody judged, as in memories of an earlier version: neither."""
REPETITION = 0.1
REPETITION_FULL = 1024
"""Times; by logarithm, since the second time says more than the hundredth."""
USE = 0.15
RECALLED_FULL = 63
"""Answers that told it: what was needed is needed again. By logarithm; more are not counted."""


def worth(memory: Memory | Sample) -> float:
    """From 0 to 1."""
    counts = moved(memory.votes)
    if memory.importance is None or memory.judged:
        counts += _repetition(memory.seen) + _use(memory.recalled)
    return min(1.0, max(0.0, _importance(memory) + counts))


def worth_keeping(memory: Memory | Sample) -> float:
    """The same, but never less for votes: who may only recall has nothing removed."""
    return max(worth(memory), _importance(memory))


def _importance(memory: Memory | Sample) -> float:
    return IMPORTANCE_UNSAID if memory.importance is None else memory.importance


def _repetition(seen: int) -> float:
    return REPETITION * min(1.0, log2(seen) / log2(REPETITION_FULL)) if seen > 1 else 0.0


def _use(recalled: int) -> float:
    return USE * min(1.0, log2(1 + recalled) / log2(1 + RECALLED_FULL)) if recalled > 0 else 0.0
