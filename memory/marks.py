"""What in a text must not be lost, by its words. Pure.

English words; what another language says is judged by the rest alone. A word that is not here costs a text a
place in a summary or some importance, never its place in the memory.
"""

import re
from typing import Literal, get_args

Mark = Literal["urgent", "health", "preference", "lasting", "negation", "name", "number"]
MARKS: tuple[Mark, ...] = get_args(Mark)

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"(?<!^)(?<![.!?:(\"\u201c] )\b(?!I\b)[A-Z][^\W\d_A-Z]")
"""Written large within a sentence; at the beginning everything is, and what is all large is shouted."""
_URGENT = """
alarm alarms ambulance bleeding burglar burglary burning emergency evacuate explosion fire flood flooded
flooding intruder intrusion leak leaked leaking leaks monoxide overdose poison poisoned smoke sos unconscious
"""
"""Something happens that does harm now: whoever asks later wants to know that it did."""
_HEALTH = """
allergic allergies allergy anaphylaxis asthma blood celiac coeliac diabetes diabetic dose doctor epilepsy
epipen hospital inhaler insulin intolerance intolerant medication medicine pacemaker pill pills pregnant
prescription seizure vegan vegetarian wheelchair
"""
"""What somebody can come to harm by, if it is not known."""
_PREFERENCE = """
adore adores avoid avoids dislike disliked dislikes enjoy enjoys favorite favourite hate hated hates like
likes love loves prefer preferred prefers rather wish wishes
"""
"""What somebody wants: it decides what is done for them."""
_LASTING = """
always anniversary birthday code deadline every forever important must never password promise promised
remember reminder usually whenever
"""
"""What is said to hold beyond the day."""
_NEGATION = "cannot except neither never no nobody none nor not nothing only unless without"
"""Without it a text says the contrary."""
_SPOKEN: dict[Mark, frozenset[str]] = {
    "urgent": frozenset(_URGENT.split()),
    "health": frozenset(_HEALTH.split()),
    "preference": frozenset(_PREFERENCE.split()),
    "lasting": frozenset(_LASTING.split()),
    "negation": frozenset(_NEGATION.split()),
}
_CALMED_BY = frozenset({"no", "not", "without", "false", "test", "practice", "isn't", "wasn't"})
_CALMED_WITHIN = 2
"""Words before an urgent one: `no leak`, `not an emergency`, `a false alarm`.

No further, and nothing that denies a clause as a whole: `nobody noticed the fire`, `no answer from the smoke
alarm` and `we cannot stop the bleeding` are alarms, and `it never leaked as today` is one, too. That `the
dishwasher never leaks` counts as one costs a place in a summary; an alarm that does not costs more.
"""


def marks_in(text: str) -> frozenset[Mark]:
    """What a text has of each."""
    found = spoken_in(text)
    if _DIGIT.search(text):
        found.add("number")
    if _NAME.search(text):
        found.add("name")
    return frozenset(found)


def spoken_in(text: str) -> set[Mark]:
    """The marks that are words: all but names and numbers."""
    words = [word.casefold().replace("\u2019", "'") for word in _WORD.findall(text)]
    found = {mark for mark, spoken in _SPOKEN.items() if not spoken.isdisjoint(words)}
    if "urgent" in found and not _is_urgent(words):
        found.remove("urgent")
    if any(word.endswith("n't") for word in words):
        found.add("negation")
    return found


def _is_urgent(words: list[str]) -> bool:
    return any(
        word in _SPOKEN["urgent"] and _CALMED_BY.isdisjoint(words[max(0, place - _CALMED_WITHIN) : place])
        for place, word in enumerate(words)
    )
