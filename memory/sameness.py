"""Whether two texts say the same. Pure.

By meaning alone nobody could tell. Measured with MiniLM: sentences that say the same have a cosine of 0.87 to
0.97 (`Ana is allergic to peanuts`, `Ana has a peanut allergy`: 0.93), and so have those that say the contrary
(`… is not allergic …`: 0.97; Monday and Tuesday: 0.97; opened and closed: 0.93). So what a text turns on, its
numbers, names, days, negations and opposites, has to be in the other text, too. What says the same and is not
seen costs a line; what says something else and is left out is lost.
"""

from schemas.said import Said

SAME_COSINE = 0.9
"""From here on two texts say the same, if both turn on the same words; see above."""


def same(one: Said, other: Said, cosine: float) -> bool:
    """Whether two texts say the same; the cosine is that of their vectors, or 0 where unknown."""
    if one.words == other.words:
        return True
    return cosine >= SAME_COSINE and one.turns.issubset(other.words) and other.turns.issubset(one.words)
