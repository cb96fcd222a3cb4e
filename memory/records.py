"""What is remembered, and about whom."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from memory.measured import Measured
from schemas.fixed import fixed

Vector = NDArray[np.float32]
"""One embedding: shape (dimension,), unit length."""

Language = Literal[
    "arabic", "azerbaijani", "basque", "bengali", "catalan", "chinese", "danish", "dutch", "english",
    "finnish", "french", "german", "greek", "hebrew", "hinglish", "hungarian", "indonesian", "italian",
    "japanese", "kazakh", "nepali", "norwegian", "portuguese", "romanian", "russian", "slovene", "spanish",
    "swedish", "tajik", "turkish",
]  # fmt: skip
"""Those that Qdrant has stop words of."""
ENGLISH: Language = "english"

Tier = Literal["raw", "summary"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memories a request may see: one tenant's, of one entity or of it and all below it."""

    tenant: str
    entity: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """What a memory said before an update, who had written that, and when (epoch seconds)."""

    kind: str
    text: str
    at: float
    by: str
    written: float
    value: bool | int | float | str | None = None
    unit: str | None = None
    attribute: str | None = None
    tags: list[str] = field(default_factory=list)
    importance: float | None = None
    meta: dict[str, Any] | None = None


@fixed
class Memory:
    """One thing remembered. Times are epoch seconds."""

    id: str
    tenant: str
    entity: str
    device: str
    kind: str
    text: str
    at: float
    received: float
    observation_id: str | int | None = None
    value: bool | int | float | str | None = None
    unit: str | None = None
    attribute: str | None = None
    session: str | None = None
    seq: int | None = None
    tags: list[str] = field(default_factory=list)
    importance: float | None = None
    expires: float | None = None
    meta: dict[str, Any] | None = None
    tier: Tier = "raw"
    seen: int = 1
    first: float | None = None
    """Of what was said again: when it was said first; `at` is the last time."""
    sources: list[str] = field(default_factory=list)
    """Of a summary: the ids of memories it is made of, those that prove it first."""
    measured: Measured | None = None
    """Of a summary of readings: what they say as a whole."""
    written: float | None = None
    written_by: str | None = None
    """The last update, if there was one: when, and which client's."""
    versions: list[Version] = field(default_factory=list)
    """Before each update, newest first."""
    votes: dict[str, bool] = field(default_factory=dict)
    """By client, whether it was of use (`memory/voting.py`); who voted longest ago first."""
    judged: bool = False
    """Whether we decided its importance; what its device said is never changed."""
    recalled: int = 0
    """How many answers told it, up to where more do not count (`memory/worth.py`)."""


@fixed
class Repeated:
    """A memory that was said again: how often in all, when first and last, until when it is remembered."""

    id: str
    seen: int
    first: float
    at: float
    expires: float | None


@fixed
class Recalled:
    """A memory that answers told: how many in all."""

    id: str
    recalled: int


@fixed
class Sample:
    """What one memory measured, without its words: whose, by whom, when (epoch seconds)."""

    id: str
    entity: str
    device: str
    at: float
    value: bool | int | float | str
    received: float
    importance: float | None = None
    seen: int = 1
    first: float | None = None
    votes: dict[str, bool] = field(default_factory=dict)
    judged: bool = False
    recalled: int = 0
    """As of a memory."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, each a number (`memory/lexicon.py`), and the weight of each before its rarity."""

    indices: tuple[int, ...] = ()
    values: tuple[float, ...] = ()

    @classmethod
    def any_of(cls, words: Iterable[int]) -> Self:
        """Each of some words once, none of more weight than another."""
        indices = tuple(sorted({*words}))
        return cls(indices, (1.0,) * len(indices))


@fixed
class Embedded:
    """A memory and its place among the others: by what it means, and by its words."""

    memory: Memory
    vector: Vector
    words: Words


@fixed
class Candidate:
    """A memory that a search found, and how well it fits by what was searched for."""

    memory: Memory
    similarity: float | None = None
    """Cosine, -1 … 1."""
    words: float | None = None
    """BM25, above 0, without a bound."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A memory, its score from 0 to 1, and what the score is made of; the parts add up to it."""

    memory: Memory
    score: float
    parts: dict[str, float]


@fixed
class Known:
    """Those of some ids that mean something: stored, or forgotten and not to come back."""

    stored: AbstractSet[str] = frozenset()
    forgotten: AbstractSet[str] = frozenset()


LAYOUT = 2
"""How a memory is kept beside its vector and words (`memory/payload.py`).

1 has `tenant` and `within` to search by instead of `scope`, no `number`, and a `tier` of raw memories, too.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a collection was made with; vectors of another model would be compared as if they were kin."""

    contract: int
    model: str
    precision: str
    dimension: int
    language: Language | None = ENGLISH
    """Of the words; None: they are of several, or not there. Another is not refused: they are made anew."""
    layout: int = LAYOUT
    """An older one is not refused: what is kept in it is rewritten."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Of what a store says of itself; one that says no language or layout is older than they are."""
        return cls(**{"language": None, "layout": 1, **said})

    def same_vectors(self, other: "Identity") -> bool:
        """Whether vectors of the two may be compared."""
        return replace(self, language=None, layout=0) == replace(other, language=None, layout=0)

    def __str__(self) -> str:
        return f"contract v{self.contract}, {self.model} ({self.precision}, {self.dimension} dimensions)"


def ancestors(entity: str) -> list[str]:
    """The entity and every path above it: `home7/ana` → `home7`, `home7/ana`."""
    levels = entity.split("/")
    return ["/".join(levels[: depth + 1]) for depth in range(len(levels))]
