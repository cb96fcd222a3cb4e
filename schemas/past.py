"""Whether a question is about the past, as far as its words tell. Pure.

A context leaves out what an attribute was before its newest state, unless the past was asked for. So in doubt
it was: a line too many misleads nobody, for it has its date.
"""

import re

_WORD = re.compile(r"\w+")
_PAST_WORDS = """
ago already always average before between change changed changes coldest compare compared decreased did
during earlier earliest ever fell first former formerly had happened highest history hottest increased last
lately latest long longest lowest maximum mean median minimum month months most never often oldest once over
past previous previously record recently rose shortest since times trend until used usual usually warmest was
week weekend weeks went were when year years yesterday
january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter
"""
_OF_THE_PAST = frozenset(_PAST_WORDS.split())
_YEAR = re.compile(r"(?:19|20)\d\d")


def asks_of_the_past(question: str) -> bool:
    """`was`, `when`, `coldest`, `in 2013`: about more than how things are now."""
    words = _WORD.findall(question.casefold())
    return any(word in _OF_THE_PAST or _YEAR.fullmatch(word) for word in words)
