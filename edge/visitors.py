"""Who is at a kiosk now: what comes late of one who left is nobody's to keep.

A digest, an answer or an observation may be under way when somebody leaves. Whoever keeps one, or lets go of
all of them, holds `lock` while they look here and do it: so nothing is kept behind what was let go of.
"""

import threading
from collections import Counter


class Visitors:
    """Beside the device's own entity, which is always here. All under `lock`."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._here: Counter[str] = Counter()
        self._unkept: set[str] = set()
        self.lock = threading.Lock()
        self.forgotten = 0
        """How often something was forgotten: what was asked before may tell of it."""

    def come(self, entity: str) -> None:
        """They are here; once more, if they are here already."""
        self._here[entity] += 1

    def leave(self, entity: str, *, keep: bool) -> bool:
        """They leave, as often as they came; returns whether they are gone now."""
        if not keep:
            self._unkept.add(entity)
        self._here[entity] -= 1
        self._here += Counter()  # without those who are gone
        return not self.is_here(entity)

    def wanted_nothing_kept(self, entity: str) -> bool:
        """Of one who is gone: whether they said so at any time of their visit."""
        wanted = entity in self._unkept
        self._unkept.discard(entity)
        return wanted

    def is_here(self, entity: str) -> bool:
        """Whether what comes of them now may be kept."""
        return entity == self._own or entity in self._here
