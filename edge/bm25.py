"""How much of a question's words some texts say, by BM25 over these texts alone: no model, no index. Pure."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

_K1 = 1.2
"""How little more a word says that stands there twice,"""
_B = 0.75
"""and how much less one in a long text."""
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W_]+")
"""A number is one word; `window_open` is two."""
_SAYS_NOTHING = """
a an the of in on at to for from by with about as and or but if so than then
i me my we us our you your he him his she her it its they them their this that these those there here
is are was were be been am do does did has have had can could will would should
what when where who whom whose which why how
s t d m ll ve re
"""
"""In questions and in what is told, with what an apostrophe leaves; few: `not` and `off` say something."""
_STOP_WORDS = frozenset(_SAYS_NOTHING.split())
_ENDINGS = ("ing", "ed", "es", "s")
_LETTERS_MIN = 3
"""What is left of a word without its ending, at least."""
_DOUBLED = re.compile(r"([bdgkmnprt])\1$")


def words(text: str) -> list[str]:
    """The words of a text that say something, in a form that `windows` and `window` share."""
    [found] = words_of([text])
    return found


def words_of(texts: Iterable[str]) -> Iterator[list[str]]:
    """The same of several texts, one at a time: what they share, and they share most, is folded once."""
    folded = _FoldedWords()
    for text in texts:
        yield [folded[word] for word in _split(text) if word not in _STOP_WORDS]


def scores(question: Sequence[str], texts: Iterable[Sequence[str]]) -> list[float]:
    """From 0 to 1 for each text, given as its words; 1: it says all that is asked, and nothing else.

    A text of usual length that says all of it has some 0.6; what no text says is missed by all.
    """
    asked = set(question)
    # Of hundreds of texts few say anything of it: only of these more is kept than how long they are.
    lengths: list[int] = []
    saying: dict[int, Counter[str]] = {}
    for place, text in enumerate(texts):
        lengths.append(len(text))
        if said := [word for word in text if word in asked]:
            saying[place] = Counter(said)
    holding = Counter(word for count in saying.values() for word in count)
    weights = {word: _rarity(holding[word], len(lengths)) for word in asked}
    most = sum(weights.values()) * _often(1, 0.0)
    usual = sum(lengths) / max(1, len(lengths))
    found = [0.0] * len(lengths)
    for place, count in saying.items():
        says = sum(weights[word] * _often(n, lengths[place] / usual) for word, n in count.items())
        found[place] = min(1.0, says / most)
    return found


class _FoldedWords(dict[str, str]):
    """By word; of one question, so that nothing of one person stays for the next."""

    def __missing__(self, word: str) -> str:
        form = self[word] = _folded(word)
        return form


def _split(text: str) -> list[str]:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found: list[str] = _WORD.findall(plain.casefold())
    return found


def _rarity(holding: int, texts: int) -> float:
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))


def _often(n: int, length: float) -> float:
    return n * (_K1 + 1) / (n + _K1 * (1 - _B + _B * length))


def _folded(word: str) -> str:
    """`windows`, `closing`, `stopped` → `window`, `clos`, `stop`; irregular forms stay what they are."""
    if not word.isalpha() or len(word) <= _LETTERS_MIN:
        return word
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _LETTERS_MIN and not (ending == "s" and rest[-1] == "s"):
            word = rest
            break
    word = _DOUBLED.sub(r"\1", word)
    if len(word) > _LETTERS_MIN and word[-1] in "ey":
        return word[:-1] + ("i" if word[-1] == "y" else "")
    return word
