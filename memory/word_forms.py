"""What else a word of a question is said as: its irregular forms, and what households call the same. Pure.

fed → feed, feeding, and in names `food`, `feeder`
"""

import re
from collections.abc import Callable, Iterable, Mapping

Stems = Callable[[str], Iterable[int]]
"""The words of a text, each a number, without stop words and endings (`memory/lexicon.py`)."""

_IRREGULAR = """
be was were been; begin began begun; break broke broken; bring brought; buy bought; catch caught;
come came; cut; do did done; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen;
feed fed; find found; fly flew flown; forget forgot forgotten; get got gotten; give gave given; go goes
went gone; hear heard; leave left; lose lost; make made; meet met; pay paid; read; ride rode ridden;
ring rang rung; run ran; see saw seen; sell sold; send sent; shake shook; sing sang sung; sleep
slept; speak spoke spoken; spend spent; sweep swept; swim swam swum; take took taken; teach taught;
tell told; think thought; throw threw thrown; wake woke woken; wear wore worn; win won; write wrote written
"""
"""A stemmer knows endings: that `rang` is of `ring` has to be said."""

_IN_NAMES = """
feed food feeder; laundry washing washer; washer washing; washing washer; dish dishwasher; plate dishwasher;
sweep vacuum cleaning; hoover vacuum cleaning; robot vacuum; post mailbox letterbox; mail mailbox letterbox;
letter mailbox letterbox; parcel mailbox letterbox; ring bell doorbell; bell doorbell;
lit light lamp; lamp light; light lamp; television tv; telly tv; tv television;
fridge refrigerator; refrigerator fridge; heater heating radiator; radiator heating heater;
blind shutter; shutter blind; stove hob cooker
"""
"""A device or an attribute is called for what it is, and asked for by what it does, or is done with: who asks
for the laundry means the machine. What is asked comes first. Each is so in any household, so no names."""

_IN_TEXTS = """
ring bell ding press; doorbell bell ding; post mail letter parcel package envelope postcard catalogue;
mail post letter parcel package envelope postcard catalogue; plant houseplant flower fern ficus cactus orchid;
water drink; deliver bring drop leave
"""
"""Who tells of it names the thing that came, or the sound, not the class that a question counts."""


_WORD = re.compile(r"[\w'-]+")


class WordForms:
    """What the words of one language's texts and names are compared by: stems, each a number."""

    def __init__(self, stems: Stems) -> None:
        self._stems = stems
        self._forms = {word: group for group in _rows(_IRREGULAR) for word in group}
        self._names = self._by_stem(_IN_NAMES)
        self._texts = self._by_stem(_IN_TEXTS)

    def stems(self, text: str) -> frozenset[int]:
        """Of the words of a text; stop words have none."""
        return frozenset(self._stems(text))

    def in_text(self, word: str) -> frozenset[int]:
        """What a text may say a word by; nothing for a stop word, whatever its other forms."""
        return self._meant(word, self._texts)

    def in_name(self, word: str) -> frozenset[int]:
        """What a device, an attribute or a place may be named by, where a question says the word."""
        return self._meant(word, self._names)

    def _meant(self, word: str, also: Mapping[int, frozenset[int]]) -> frozenset[int]:
        if not self.stems(word):
            return frozenset()
        own = self._formed([word])
        return own.union(*(also.get(stem, ()) for stem in own))

    def _formed(self, words: Iterable[str]) -> frozenset[int]:
        forms = (form for word in words for form in (word, *self._forms.get(word.lower(), ())))
        return frozenset().union(*map(self.stems, forms))

    def _by_stem(self, table: str) -> dict[int, frozenset[int]]:
        return {stem: self._formed(also) for asked, *also in _rows(table) for stem in self.stems(asked)}


def words_in(text: str) -> list[str]:
    """As they stand there."""
    return _WORD.findall(text)


def _rows(table: str) -> list[list[str]]:
    return [row.split() for row in table.split(";")]
