"""A long text in pieces that mean the same by themselves. Pure.

A rule of our own: pysbd, the splitter that is known for it, has had no release since 2021, and cuts wherever
a sentence ends. Ours cuts too seldom rather than too often, for a piece too long costs room, and a piece too
short says something else. It knows Western and CJK full stops, cuts at none that may be an abbreviation's,
and leaves together what leans on the sentence before: `Do I like fish? No.`, `She eats nuts. Not peanuts.`
"""

import re

_STOP = re.compile(
    r"(?<=[.!\u2026])[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?[^\W_a-z])|(?<=[\u3002\uff01])"
)
"""After a full stop, before what may begin a sentence. Not after a question: what follows may answer it."""
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_]|\d{1,3}"
    r"|mr|mrs|ms|dr|prof|st|no|nr|vs|etc|approx|ca|jr|sr|inc|fig|vol|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
    r"\.$",
    re.IGNORECASE,
)
"""An initial, `e.g.`, `2.`, or a known short form: the full stop may be its own."""
_LEANS_WORDS = """
he she it they him her them his hers its their theirs this that these those there here then
but however although though yet still and or nor so because since except unless only also too instead
otherwise not no never none neither yes maybe perhaps which who whom whose both either same such
"""
_LEANS = frozenset(_LEANS_WORDS.split())
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def pieces(text: str) -> list[str]:
    """The text in pieces of one or more sentences; joined by blanks they are the text again."""
    found: list[str] = []
    for sentence in filter(None, map(str.strip, _split(text))):
        if found and (_leans(sentence) or _ABBREVIATED.search(found[-1])):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def _split(text: str) -> list[str]:
    """The closing quotes and brackets stay with their sentence."""
    cuts = [found.end() for found in _STOP.finditer(text)]
    return [text[one:other] for one, other in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _leans(sentence: str) -> bool:
    first = _FIRST_WORD.search(sentence)
    return first is None or first[0].casefold() in _LEANS
