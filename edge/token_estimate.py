"""How many tokens a text costs, by its letters; on the high side: a prompt that is cut says nothing. Pure.

A device has no tokenizer. MiniLM's takes a common word as one token, whatever its length; it spells rare ones
in pieces of some three letters, and what has no vowel letter by letter. Here each word counts as a rare
one: of 1,946 English turns and questions of conversations none costs more than its estimate, and all together
six tenths of theirs. It is no bound: a line of such words alone may cost more. Who knows the tokenizer of the
model that reads the prompt gives its count instead.
"""

import re

LETTERS_A_TOKEN = 3

_PIECE = re.compile(r"[A-Za-z]+|[^\sA-Za-z]")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)


def estimate(text: str) -> int:
    """Of several lines what they cost one by one: each has one token to spare."""
    return sum(1 + sum(map(_of_piece, _PIECE.findall(line))) for line in text.splitlines())


def _of_piece(piece: str) -> int:
    """Abbreviations are spelt, digits and signs stand alone, other letters cost their bytes at most."""
    if not piece.isascii():
        return len(piece.encode(errors="surrogatepass"))
    if piece.isupper() or not _VOWEL.search(piece):
        return len(piece)
    return -(-len(piece) // LETTERS_A_TOKEN)
