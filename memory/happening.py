"""Which memories tell of what a question counts: those that hold all of its content words. Pure.

how often did Ana water the plants? → ana, water, plant
how often did the doorbell ring? → what a device `doorbell` tells of
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from memory.naming import is_called
from memory.quantities import name_words
from memory.records import Memory
from memory.word_forms import WordForms, words_in

WORDS_MAX = 12
"""Of a question: no memory holds more of them."""

_ASKING = re.compile(
    r"\b(?:how (?:often|frequently|many times)|(?:the )?number of times|"
    r"(?:the )?(?:last|first|latest|earliest)(?: times?)?|most recent(?:ly)?|"
    r"what time|how long ago|when|in total|so far|ever)\b",
    re.IGNORECASE,
)
_LIGHT = re.compile(
    r"\b(?:get|gets|got|have|had|come|comes|came|arrive[ds]?|receive[ds]?|happen(?:ed|s)?|go|goes|went)\b",
    re.IGNORECASE,
)
"""Verbs that say no more than that it happened, where a thing is named that tells of itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One content word, by the stems that a text or a name may say it by."""

    in_text: frozenset[int]
    in_name: frozenset[int]


def content(question: str, forms: WordForms, *, light: bool = True) -> list[Wanted]:
    """What a memory has to hold: each content word, in any of its forms; without light verbs, if so asked."""
    rest = _ASKING.sub(" ", question)
    rest = rest if light else _LIGHT.sub(" ", rest)
    found = (Wanted(forms.in_text(word), forms.in_name(word)) for word in words_in(rest)[:WORDS_MAX])
    return list(dict.fromkeys(each for each in found if each.in_text))


def tellers(wanted: Sequence[Wanted], devices: Sequence[str], forms: WordForms) -> list[str]:
    """The devices that a question names: what they tell is told of themselves."""
    said = [each.in_name for each in wanted]
    return [device for device in devices if is_called(said, name_words(device), forms)]


def told_of_itself(memories: Sequence[Memory], wanted: Sequence[Wanted], forms: WordForms) -> list[Memory]:
    """Those that hold all that is wanted in the text or in the name of the device that tells.

    What its name alone holds counts if the device says it again and again: that is what it is there for. What
    it says once (`Eleven guests have arrived`) is something else.
    """
    often = Counter(memory.text for memory in memories)
    return [memory for memory in memories if _tells(memory, wanted, forms, often=often[memory.text] > 1)]


def _tells(memory: Memory, wanted: Sequence[Wanted], forms: WordForms, *, often: bool) -> bool:
    words, name = forms.stems(memory.text), forms.stems(" ".join(name_words(memory.device)))
    in_text = [bool(each.in_text & words) for each in wanted]
    in_all = all(said or each.in_name & name for said, each in zip(in_text, wanted, strict=True))
    return in_all and (often or any(in_text))
