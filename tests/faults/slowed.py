"""`membroker up` with a model that is slow when it is told to be; all else is the real thing.

SIGUSR1 makes it slow, SIGUSR2 fast again.
"""

import hashlib
import signal
import threading
from collections.abc import Sequence

import numpy as np

from console.main import main
from memory.records import Vector
from workers import wiring

SLOW_S = 0.5
"""A call of some 32 short texts: a hundred times what it takes otherwise."""


class Letters:
    """Counts no words, which nobody asks for here."""

    def count(self, text: str) -> int:
        return len(text)


class Slowed:
    """Vectors that mean nothing, and cost nothing but the time it is told to take."""

    name, precision, dimension = "slowed", "float32", 8

    def __init__(self) -> None:
        self.tokens = Letters()
        self.fast = threading.Event()
        self.fast.set()

    def encode(self, texts: Sequence[str], _begun: object = None) -> list[Vector]:
        self.fast.wait(SLOW_S)
        return [_direction(text) for text in texts]


def _direction(text: str) -> Vector:
    numbers = np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], np.uint8).astype(np.float32) - 127.5
    direction: Vector = numbers / np.float32(np.linalg.norm(numbers))
    return direction


if __name__ == "__main__":
    slowed = Slowed()
    signal.signal(signal.SIGUSR1, lambda *_: slowed.fast.clear())
    signal.signal(signal.SIGUSR2, lambda *_: slowed.fast.set())
    wiring.load_model = lambda _settings, **_: slowed  # type: ignore[assignment,return-value]
    main()
