"""A sentence encoder that needs no weights: equal words are near, other words are not."""

import hashlib
from collections.abc import Sequence

import numpy as np

from memory.records import Vector


class WordsModel:
    """Each word has a direction of its own, made of its hash; a text lies between its words."""

    name = "words"
    precision = "float32"
    dimension = 64

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> list[Vector]:
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
