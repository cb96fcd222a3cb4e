"""What a device answers, and how fresh it is. Light: what an answer holds is loaded by who asks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from schemas.replies import Failure, Match, Reading, TimeRead


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the memory itself answered, or the device from what it knows."""

    state: Literal["fresh", "stale", "local"]
    since: float | None = None
    """Of what is stale, epoch seconds: what the memory learnt later is not in it."""

    def __str__(self) -> str:
        """`fresh`, `stale since 2026-11-22 18:03 UTC` or `local only`."""
        if self.state == "local":
            return "local only"
        if self.since is None:
            return self.state
        return f"{self.state} since {datetime.fromtimestamp(self.since, UTC):%Y-%m-%d %H:%M} UTC"


FRESH = Freshness("fresh")
LOCAL = Freshness("local")


def known_until(since: float | None) -> Freshness:
    """Of an answer from what the memory last told at `since`; None: it told nothing yet."""
    return LOCAL if since is None else Freshness("stale", since)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is remembered of a question, best first."""

    matches: "tuple[Match, ...]"
    freshness: Freshness
    readings: "tuple[Reading, ...]" = ()
    """What readings say to the question; only the memory itself works that out."""
    time: "tuple[TimeRead, ...]" = ()
    """How times in the question were read; without the memory they are read as words."""
    failure: "Failure | None" = None
    """Why the memory did not answer, if it said so."""
    more: bool = False
    """Whether the memory had more than it was asked to send."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is remembered, as text for a prompt."""

    text: str
    tokens: int
    freshness: Freshness
    matches: "tuple[Match, ...]"
    """What the text tells, in the order of their use: what would be left out last comes first."""
    failure: "Failure | None" = None
    """Why the memory did not answer, if it did not."""
