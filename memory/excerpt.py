"""A text that is too long to be told whole, in fewer of its own words. Pure.

Its beginning, what is marked in what follows (`marks`), and its end, for the end may be the negation. An
ellipsis stands wherever something is left out, so that nobody takes it for all that was said.
"""

from collections.abc import Sequence

from memory.marks import marks_in

LEFT_OUT = " \u2026 "
BEGINNING = 0.4
"""Of the characters, for the beginning: what it is about."""
END = 0.2
"""For the end."""
LOOKED_AT_WORDS = 4
"""Together, for a mark that is not told yet: with the word before, for a name is none at a beginning."""
BEFORE_WORDS = 2
AFTER_WORDS = 10
"""Told with what is marked: `do not open the gas valve`."""


def excerpt(text: str, characters_max: int) -> str:
    """The text, or so much of it as some dozen characters or more can tell."""
    if len(text) <= characters_max:
        return text
    beginning = _cut(text, int(characters_max * BEGINNING))
    end = _cut(text[::-1], int(characters_max * END))[::-1]
    between = text[len(beginning) : len(text) - len(end)].split()
    room = characters_max - len(beginning) - len(end) - len(LEFT_OUT)
    marked = _marked(between, f"{beginning} {end}", room)
    parts = [beginning.strip(), *marked, end.strip()]
    return LEFT_OUT.join(filter(None, parts))


def _cut(text: str, characters_max: int) -> str:
    """Its beginning in whole words; where it has no words so short, in characters."""
    cut = text[: characters_max + 1].rfind(" ")
    return text[: cut if cut > 0 else characters_max]


def _marked(words: Sequence[str], told: str, room: int) -> list[str]:
    """What has marks that are not told yet, as long as there is room."""
    found, marks, until = list[str](), marks_in(told), 0
    for start in range(0, len(words), LOOKED_AT_WORDS):
        if start < until or marks_in(" ".join(words[max(0, start - 1) : start + LOOKED_AT_WORDS])) <= marks:
            continue
        part = " ".join(words[max(until, start - BEFORE_WORDS) : start + AFTER_WORDS])
        if len(part) + len(LEFT_OUT) <= room:
            room -= len(part) + len(LEFT_OUT)
            found.append(part)
            marks |= marks_in(part)
            until = start + AFTER_WORDS
    return found
