"""What others wrote, on one line that cites nothing. Pure."""

import re
import unicodedata

_CITATION = re.compile(r"\[(\s*m?\d+\s*)\]")
_JOINERS = "\u200c\u200d"
"""They hold families of emoji and Indic letters together, and move nothing."""


def one_line(text: str) -> str:
    """A text that somebody else wrote, so that it is told as text: no line of its own, no citation."""
    if not text.isprintable():
        strange = {
            ord(character): _instead(character) for character in set(text) if not character.isprintable()
        }
        text = text.translate(strange)
    return _CITATION.sub(r"(\1)", " ".join(text.split()))


def _instead(character: str) -> str:
    """Of what is no letter, sign or picture: a space for what breaks lines, nothing for what turns them."""
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf" if character not in _JOINERS:
            return ""
        case _:
            return character
