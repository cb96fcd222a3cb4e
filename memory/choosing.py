"""Which of the ranked memories to tell: the most relevant that say something else. Pure.

Maximal marginal relevance was tried, too, and does harm, for what answers a question is like what else does.
On 166 questions of LoCoMo a context of 512 tokens held 0.707 of the evidence by relevance alone, 0.695 with
5 % of the weight on being unlike what is chosen, 0.668 with 20 %. So only what says the same is left out.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.records import Vector
from memory.sameness import said, same

MISSES_MAX = 20
"""In a row, for which there was no room: the rest is not tried, for a short line is rarely worth it."""


def choose(texts: Sequence[str], vectors: Sequence[Vector | None], take: Callable[[int], bool]) -> list[int]:
    """The indexes of those that were taken; texts come best first.

    `take` is asked of one after another, and says whether there was room. Of those that say the same the best
    is asked of; where it is not taken, the next.
    """
    cosines = _cosines(vectors)
    told = [said(text) for text in texts]
    chosen: list[int] = []
    misses = 0
    for index in range(len(texts)):
        if any(same(told[index], told[other], float(cosines[index, other])) for other in chosen):
            continue
        if take(index):
            chosen.append(index)
            misses = 0
        else:
            misses += 1
            if misses == MISSES_MAX:
                break
    return chosen


def _cosines(vectors: Sequence[Vector | None]) -> NDArray[np.float32]:
    """Of each with each; 0 where one is unknown, for then only words can tell."""
    dimension = next((len(vector) for vector in vectors if vector is not None), 1)
    unknown = np.zeros(dimension, dtype=np.float32)
    rows = np.array([unknown if vector is None else vector for vector in vectors], dtype=np.float32)
    if not len(rows):
        return np.zeros((0, 0), dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1)
    return rows @ rows.T
