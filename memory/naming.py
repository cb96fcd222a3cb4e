"""Whether a question says the name of a thing or a place: by stems, and by what is called the same. Pure.

laundry, last, ready → washing_machine
"""

from collections.abc import Iterable, Sequence

from memory.quantities import name_parts
from memory.word_forms import WordForms

_CALLED_ANYTHING = frozenset({"machine", "device", "sensor", "state", "status", "unit", "appliance"})
"""In a name, it tells no two things apart."""


def meanings(words: Iterable[str], forms: WordForms) -> list[frozenset[int]]:
    """What each word of a question may mean in a name; stop words mean nothing."""
    return [meant for word in words if (meant := forms.in_name(word))]


def covered(said: Sequence[frozenset[int]], words: frozenset[str], forms: WordForms) -> int:
    """How many of the words that are said are among those of a name."""
    named = forms.stems(" ".join(words))
    return sum(1 for each in said if each & named)


def is_called(said: Sequence[frozenset[int]], name: frozenset[str], forms: WordForms) -> bool:
    """Whether each telling word of a name is said."""
    named = [forms.stems(word) for word in _telling(name)]
    return any(named) and all(not each or any(each & meant for meant in said) for each in named)


def _telling(words: frozenset[str]) -> frozenset[str]:
    """Without what any thing may be called, and numbers: a washing machine is named by its washing."""
    told = frozenset(word for word in words if word not in _CALLED_ANYTHING and not word.isdigit())
    return told or words


def head(attribute: str) -> frozenset[str]:
    """Of a compound the last word says what it is: `cat_food` is food."""
    return frozenset(name_parts(attribute)[-1:])
