"""What no writer puts in other words: it stands in a summary as it was observed, and no writer sees it. Pure.

What somebody may come to harm by, if it is left out or turned round, is not held to rules about other words:
who writes an observation may try as many words as it takes. So it is set apart, with whatever speaks of the
same matter, and a writer's sentence that touches the matter is refused, whatever it says of it.

By words: of a matter that a text speaks of in others ("that was a joke", "she outgrew it", another language)
it is not seen that it does. What was set apart stands beside it all the same, in its own words.
"""

from collections.abc import Iterator, Sequence

from memory.clauses import clauses, stems
from memory.marks import marks_in
from memory.records import Memory
from memory.statements import statements
from memory.states import attribute_of
from schemas.one_line import one_line
from schemas.said import said

HARM = frozenset({"urgent", "health"})
"""Marks of what somebody can come to harm by, if it is not told."""
HARM_IMPORTANCE = 0.8
"""What its device said matters as much may not be left out either."""
TOUCHING_SHARE = 1 / 3
"""Of a clause's words, how many another text has of the same matter: of up to three one, of up to six two."""
LISTED_MAX = 2
"""Words of a clause that goes on with the one before: `allergic to peanuts, nuts and milk`."""


class Apart:
    """Those of some memories of an entity that are told in their own words alone."""

    def __init__(self, some: Sequence[Memory], entity: str) -> None:
        # Its own name is in much that is said of it.
        self._name = stems(said(entity.replace("/", " ")).words)
        must = [memory for memory in some if must_be_told(memory)]
        self._matters = [matter for memory in must for matter in self._matters_of(memory)]
        of = {attribute_of(memory) for memory in must} - {None}
        self.memories = [
            memory
            for memory in some
            if must_be_told(memory) or attribute_of(memory) in of or self._is_touched_by(memory)
        ]
        self._ids = {memory.id for memory in self.memories}

    def __contains__(self, memory: Memory) -> bool:
        return memory.id in self._ids

    def touches(self, text: str) -> bool:
        """Whether a text speaks of what is told in its own words alone, or of any harm."""
        words = stems(said(text).words)
        return not HARM.isdisjoint(marks_in(text)) or any(
            len(matter & words) >= TOUCHING_SHARE * len(matter) for matter in self._matters
        )

    def _is_touched_by(self, memory: Memory) -> bool:
        return any(self.touches(each.body) for each in statements([memory]))

    def _matters_of(self, memory: Memory) -> Iterator[frozenset[str]]:
        """What its clauses of harm are about; where its importance alone says so, all of them."""
        is_all = HARM.isdisjoint(marks_in(one_line(memory.text)))
        for each in statements([memory]):
            is_of_harm = False
            for clause in clauses(each.body):
                goes_on = is_of_harm and len(clause.stems) <= LISTED_MAX
                is_of_harm = is_all or goes_on or not HARM.isdisjoint(clause.marks)
                if is_of_harm and (matter := clause.stems - self._name):
                    yield matter


def must_be_told(memory: Memory) -> bool:
    """Whether somebody may come to harm if a summary leaves a memory out."""
    of_harm = not HARM.isdisjoint(marks_in(one_line(memory.text)))
    return of_harm or (memory.importance or 0.0) >= HARM_IMPORTANCE
