"""How long to wait before the next attempt: full jitter, so that a fleet does not come as one. Pure."""

from random import Random


class Backoff:
    """Each wait is drawn anew below a bound that doubles, up to `longest_s`."""

    def __init__(self, first_s: float, longest_s: float, random: Random | None = None) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._random = random or Random()  # noqa: S311 - jitter, not a secret
        self._bound_s = first_s

    def draw(self) -> float:
        """Seconds to wait now."""
        wait_s = self._random.uniform(0, self._bound_s)
        self._bound_s = min(self._bound_s * 2, self._longest_s)
        return wait_s

    def reset(self) -> None:
        """It went well: the next wait is short again."""
        self._bound_s = self._first_s
