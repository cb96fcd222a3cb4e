"""After how long a memory is half as recent, by its kind. Pure."""

from collections.abc import Mapping

DAY_S = 86_400.0

HALF_LIFE_S: Mapping[str, float] = {
    "reading": DAY_S,
    "event": 7 * DAY_S,
    "turn": 30 * DAY_S,
    "goal": 90 * DAY_S,
}
"""By kind: a temperature is old news tomorrow, what somebody said is not."""
HALF_LIFE_OTHER_S = 365 * DAY_S
"""Preferences, facts, configurations, routines, notes, summaries: what is true for long."""


def half_life_s(kind: str) -> float:
    """Of a memory of this kind."""
    return HALF_LIFE_S.get(kind, HALF_LIFE_OTHER_S)
