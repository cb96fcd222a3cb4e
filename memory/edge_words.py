"""The words of a small scope in a large store, read whole and weighed here.

Edge walks the list of all memories that hold a word, whosever they are, once to search and once to count how
many of the scope hold it: six words among a million memories take 8 ms, and 14 where they are common. The
words of the 900 memories of one entity are read in 2 ms and weighed in 1, by the formula of
`MemoryStore.matching`.
"""

from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np
import qdrant_edge as edge
from numpy.typing import NDArray

from memory.edge_points import WORDS, words_of
from memory.records import Scope, Words
from memory.store import Scored

MEMORIES_MAX = 5000
"""Of a scope that is read whole: 15 ms."""
SCOPES_KEPT = 4
"""Read last, until anything changes: one question asks twice. 4 MB each at most."""
READ_US, WALKED_US = 3.2, 1.4
"""What a memory of the scope takes to read; and a thousand memories of the store to walk, a word."""


class ScopeWords:
    """Which words the memories of one scope hold, and the weight of each."""

    def __init__(self, records: Sequence[edge.Record]) -> None:
        """Of points that were read with their words; one without words yet is not in the corpus."""
        held = [(each, words) for each in records if (words := words_of(each)) is not None]
        self._records = [each for each, _ in held]
        # Each of these lists is made when it is asked for.
        indices = [words.indices for _, words in held]
        lengths = [len(each) for each in indices]
        self._indices = np.fromiter(chain.from_iterable(indices), dtype=np.int64)
        values = chain.from_iterable(words.values for _, words in held)
        self._values = np.fromiter(values, dtype=np.float64, count=len(self._indices))
        self._rows = np.repeat(np.arange(len(lengths)), lengths)

    def matching(self, words: Words, limit: int) -> Scored:
        """Those that hold most of the words, best first."""
        scores: NDArray[np.float64] = np.zeros(len(self._records))
        for word, weight in zip(words.indices, words.values, strict=True):
            places = np.flatnonzero(self._indices == word)
            rarity = np.log1p((len(scores) - len(places) + 0.5) / (len(places) + 0.5))
            scores[self._rows[places]] += weight * rarity * self._values[places]
        best = np.argsort(-scores, kind="stable")[:limit]
        return ((self._id(row), float(scores[row])) for row in best.tolist() if scores[row] > 0.0)

    def holding(self, wanted: Sequence[Collection[int]]) -> list[str]:
        """Those that hold all that is wanted, each by any of some words."""
        held = np.full(len(self._records), bool(wanted))
        for each in wanted:
            there = np.zeros(len(held), dtype=bool)
            there[self._rows[np.isin(self._indices, [*each])]] = True
            held &= there
        return [self._id(row) for row in np.flatnonzero(held).tolist()]

    def _id(self, row: int) -> str:
        return str(self._records[row].id)


class EdgeWords:
    """Of one shard, the scopes that it pays to read whole."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard
        self._kept: dict[Scope, ScopeWords] = {}

    def of(self, scope: Scope, those: edge.Filter, words: int) -> ScopeWords | None:
        """A scope's, `those` being all of its memories; None where Edge is quicker with so many words."""
        if (kept := self._kept.get(scope)) is not None:
            return kept
        memories = self._shard.count(edge.CountRequest(exact=False, filter=those))
        walked_us = WALKED_US * words * self._shard.info().points_count / 1000
        if memories > MEMORIES_MAX or READ_US * memories > walked_us:
            return None
        request = edge.ScrollRequest(
            limit=2 * MEMORIES_MAX, filter=those, with_payload=False, with_vector=[WORDS]
        )
        records, following = self._shard.scroll(request)
        if following is not None:
            return None  # there are more than was estimated
        if len(self._kept) >= SCOPES_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[scope] = ScopeWords(records)
        return self._kept[scope]

    def changing(self) -> None:
        """Points are about to be changed: what was read may be another's."""
        self._kept.clear()
