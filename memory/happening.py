"""Which memories tell of what a question counts: those that hold all of its content words. Pure.

how often did Ana water the plants? → ana, water, plant
"""

import re
from collections.abc import Callable, Iterable, Sequence

Stems = Callable[[str], Iterable[int]]
"""The words of a text, each a number, without stop words and endings (`memory/lexicon.py`)."""

WORDS_MAX = 12
"""Of a question: no memory holds more of them."""

_ASKING = re.compile(
    r"\b(?:how (?:often|frequently|many times)|(?:the )?number of times|"
    r"(?:the )?(?:last|first|latest|earliest)(?: times?)?|most recent(?:ly)?|"
    r"what time|how long ago|when|in total|so far|ever)\b",
    re.IGNORECASE,
)
_IRREGULAR = """
be was were been; begin began begun; break broke broken; bring brought; buy bought; catch caught;
come came; cut; do did done; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen;
feed fed; find found; fly flew flown; forget forgot forgotten; get got gotten; give gave given; go goes
went gone; hear heard; leave left; lose lost; make made; meet met; pay paid; read; ride rode ridden;
ring rang rung; run ran; see saw seen; sell sold; send sent; shake shook; sing sang sung; sleep
slept; speak spoke spoken; spend spent; swim swam swum; take took taken; teach taught; tell told;
think thought; throw threw thrown; wake woke woken; wear wore worn; win won; write wrote written
"""
_FORMS = {word: group.split() for group in _IRREGULAR.split(";") for word in group.split()}
"""A stemmer knows endings: that `rang` is of `ring` has to be said."""


def content(question: str, stems: Stems) -> list[frozenset[int]]:
    """What a memory has to hold: for each content word, any of its forms."""
    rest = _ASKING.sub(" ", question)
    found = [_stems_of(word, stems) for word in re.findall(r"[\w'-]+", rest)[:WORDS_MAX]]
    return list(dict.fromkeys(each for each in found if each))


def holding(texts: Sequence[str], wanted: Sequence[frozenset[int]], stems: Stems) -> list[int]:
    """The places of those of the texts that hold all that is wanted."""
    held = [frozenset(stems(text)) for text in texts]
    return [place for place, words in enumerate(held) if all(words & each for each in wanted)]


def _stems_of(word: str, stems: Stems) -> frozenset[int]:
    """None of a stop word, whatever its other forms."""
    if not (own := frozenset(stems(word))):
        return own
    return own.union(*(stems(form) for form in _FORMS.get(word.lower(), ())))
