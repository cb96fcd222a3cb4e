"""Which of the ranked memories to tell: the most relevant that say something else. Pure.

Maximal marginal relevance was tried, too, and does harm, for what answers a question is like what else does.
On 166 questions of LoCoMo a context of 512 tokens held 0.707 of the evidence by relevance alone, 0.695 with
5 % of the weight on being unlike what is chosen, 0.668 with 20 %. So only what says the same is left out.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.records import Vector
from memory.sameness import same
from schemas.said import Said, said

MISSES_MAX = 20
"""In a row, for which there was no room: the rest is not tried, for a short line is rarely worth it."""


def choose(
    texts: Sequence[str],
    vectors: Sequence[Vector | None],
    *,
    fits: Callable[[int], bool],
    take: Callable[[int], None],
) -> list[int]:
    """The indexes of those that were taken; texts come best first.

    Of those that say the same the best that `fits` is taken, each before the next is asked of.
    """
    units = _units(vectors)
    told: dict[int, Said] = {}
    misses = 0
    for index, text in enumerate(texts):
        if not fits(index):
            misses += 1
            if misses == MISSES_MAX:
                break
            continue
        misses = 0
        words = said(text)
        # By einsum: BLAS takes all cores for so little, and waits for those that are busy.
        cosines = np.einsum("ij,j->i", units[list(told)], units[index])
        if not any(same(words, other, cosine) for other, cosine in zip(told.values(), cosines, strict=True)):
            take(index)
            told[index] = words
    return list(told)


def _units(vectors: Sequence[Vector | None]) -> NDArray[np.float32]:
    """The vectors at unit length; zeros where one is unknown, for then only words can tell."""
    dimension = next((len(vector) for vector in vectors if vector is not None), 1)
    rows = np.zeros((len(vectors), dimension), dtype=np.float32)
    for row, vector in zip(rows, vectors, strict=True):
        length = 0.0 if vector is None else float(np.linalg.norm(vector))
        if vector is not None and length > 0:
            row[:] = vector / length
    return rows
