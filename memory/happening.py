"""Which memories tell of what a question counts: those that hold all of its content words. Pure.

how often did Ana water the plants? → ana, water, plant
"""

import re
from collections.abc import Sequence

from memory.word_forms import WordForms, words_in

WORDS_MAX = 12
"""Of a question: no memory holds more of them."""

_ASKING = re.compile(
    r"\b(?:how (?:often|frequently|many times)|(?:the )?number of times|"
    r"(?:the )?(?:last|first|latest|earliest)(?: times?)?|most recent(?:ly)?|"
    r"what time|how long ago|when|in total|so far|ever)\b",
    re.IGNORECASE,
)


def content(question: str, forms: WordForms) -> list[frozenset[int]]:
    """What a memory has to hold: for each content word, any of its forms."""
    rest = _ASKING.sub(" ", question)
    found = [forms.in_text(word) for word in words_in(rest)[:WORDS_MAX]]
    return list(dict.fromkeys(each for each in found if each))


def holding(texts: Sequence[str], wanted: Sequence[frozenset[int]], forms: WordForms) -> list[int]:
    """The places of those of the texts that hold all that is wanted."""
    held = [forms.stems(text) for text in texts]
    return [place for place, words in enumerate(held) if all(words & each for each in wanted)]
