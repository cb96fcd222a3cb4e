"""A house whose memories are in a dict, and a sentence encoder that needs no weights."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from memory.lexicon import lexicon
from memory.records import ENGLISH, Embedded, Memory, Scope, Vector
from memory.store_twin import TwinStore
from schemas.replies import MatchesReply
from schemas.requests import Request
from workers.answers import Answers

HOME = Scope("acme", "home7")
NOW = time.time()
ZONES = {"tokyo": "Asia/Tokyo"}
"""By tenant; all others live by UTC."""


class WordsModel:
    """Each word has a direction of its own, made of its hash; a text lies between its words."""

    name = "words"
    precision = "float32"
    dimension = 64

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], _begun: object = None) -> list[Vector]:
        """See memory.embedding.Model."""
        self.calls.append(list(texts))
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Vector:
        total = sum(
            (_direction(word, self.dimension) for word in text.lower().split()), np.zeros(self.dimension)
        )
        length = float(np.linalg.norm(total)) or 1.0
        return (total / length).astype(np.float32)


def _direction(word: str, dimension: int) -> Vector:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


class WordTokens:
    """A word is a token."""

    def count(self, text: str) -> int:
        """See memory.tokens.Tokens."""
        return len(text.split())


def numbered(number: int) -> str:
    return str(UUID(int=number, version=4))


@dataclass(slots=True)
class House:
    """A small memory, and somebody who asks it."""

    answers: Answers
    store: TwinStore
    model: WordsModel

    async def remember(self, number: int, text: str, **changes: Any) -> Memory:
        usual: dict[str, Any] = {
            "id": numbered(number),
            "tenant": "acme",
            "entity": "home7",
            "device": "kiosk-1",
            "kind": "note",
            "text": text,
            "at": NOW - 1000 + number,
            "received": NOW,
        }
        memory = Memory(**(usual | changes))
        [vector] = WordsModel().encode([text])
        await self.store.upsert([Embedded(memory, vector, lexicon(ENGLISH).document(text))])
        return memory

    async def ask(self, request: Request, scope: Scope = HOME) -> Any:
        return await self.answers.answer(scope, request)

    async def texts(self, request: Request, scope: Scope = HOME) -> list[str | None]:
        reply = await self.ask(request, scope)
        assert isinstance(reply, MatchesReply)
        assert reply.op == request.op
        return [match.text for match in reply.matches]
