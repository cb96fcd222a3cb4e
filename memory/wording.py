"""Which words of a memory are embedded. Pure."""

from memory.records import Memory
from schemas.checks import is_number
from schemas.reading_words import reading_words

EMBEDDED_CHARACTERS_MAX = 2000
"""MiniLM reads 256 word pieces, about 1,000 characters; what lies past twice that costs time alone."""

_SIGNIFICANT_DIGITS = 2


def embedded_words(memory: Memory, *, plain_reading: bool) -> str:
    """What is embedded for a memory: its text; for a plain reading, its words with the number rounded.

    A sentence encoder hardly tells 21.53 from 21.48, so each rounded value is embedded once and cached:
    a sensor's thousandth reading costs no model. The stored text and value keep every digit.
    """
    if plain_reading and is_number(memory.value):
        rounded = float(f"{memory.value:.{_SIGNIFICANT_DIGITS}g}")
        return reading_words(memory.entity, memory.attribute, rounded, memory.unit)
    return memory.text[:EMBEDDED_CHARACTERS_MAX]
