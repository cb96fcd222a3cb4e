"""Whether what failed is tried again: after some failures in a row not for a while. Pure: times come in."""

from dataclasses import dataclass

FAILURES_MAX = 3
"""In a row. One may be chance; each costs the time that is waited for an answer."""
REST_S = 300.0
"""A server that was started anew is found again soon; one that is gone costs a try in so long."""


@dataclass(slots=True)
class Breaker:
    """Of one thing that may be away. `now` is any clock that only goes on, in seconds."""

    failures: int = 0
    rests_until: float = 0.0

    def may_try(self, now: float) -> bool:
        """Whether it is worth a try."""
        return self.failures < FAILURES_MAX or now >= self.rests_until

    def failed(self, now: float) -> None:
        """A try failed; from the last one allowed on each begins another rest."""
        self.failures += 1
        self.rests_until = now + REST_S

    def succeeded(self) -> None:
        """A try did not fail."""
        self.failures = 0
