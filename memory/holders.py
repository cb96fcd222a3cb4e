"""Which memories hold all that is wanted, of those that hold something of it, best first. Pure.

Where each word weighs alike, who holds all of six words comes before who holds five, unless it is sixteen
times as long (`memory/lexicon.py` measures length). So once none has come for a while, none will.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from memory.records import Words

FIRST_LOOK = 100


def looks(limit: int) -> Iterator[int]:
    """How many of the best to look at: first few, then all that may be."""
    if limit > FIRST_LOOK:
        yield FIRST_LOOK
    yield limit


def any_of(wanted: Sequence[Collection[int]]) -> Words:
    """Every word by which something of what is wanted may be said, each weighing alike."""
    return Words.any_of(word for each in wanted for word in each)


def held_by(
    best: Mapping[str, Collection[int]], wanted: Sequence[Collection[int]], look: int
) -> tuple[list[str], bool]:
    """Of the `look` best, with the words of each: who holds all; and whether more may, beyond them."""
    held = [id_ for id_, words in best.items() if wanted and all({*words} & {*each} for each in wanted)]
    last = [*best][look // 2 :]
    return held, len(best) == look and any(id_ in last for id_ in held)
