"""How several observations become one: what a user chooses, and two rules that come with the SDK. Pure."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import fsum

import msgpack

from edge.observed import Fields
from edge.observing import kind_of
from schemas.checks import is_number

WINDOW_S_DEFAULT = 60.0
WINDOW_S_MAX = 3600.0
"""As long as a power cut may take: an hour of what was chosen for it."""
COUNT_MAX = 256
"""Observations of one window."""

Into = Callable[[list[Fields]], Fields | None]
"""Makes one of several, oldest first; each has `a` (epoch seconds) where the device knew the time.

What it makes goes with the id and the moment of the last. None: nothing of it is worth telling."""


@dataclass(frozen=True, slots=True)
class Coalesce:
    """Which observations are made into one, and how: those that `attribute`, `kind` and `where` all name."""

    into: Into
    attribute: str | None = None
    kind: str | None = None
    where: Callable[[Fields], bool] | None = None
    alike: Callable[[Fields], Hashable] | None = None
    """Only what is equal here shares a window; None: all that the rule is for, of one entity and session."""
    window_s: float = WINDOW_S_DEFAULT
    """From its first observation on, however many follow."""
    count_max: int = COUNT_MAX

    def __post_init__(self) -> None:
        """Raises ValueError where a bound is out of bounds."""
        if not 0 < self.window_s <= WINDOW_S_MAX:
            raise ValueError(
                f"window_s: must be more than 0 and at most {WINDOW_S_MAX:g}, not {self.window_s}"
            )
        if not 2 <= self.count_max <= COUNT_MAX:
            raise ValueError(f"count_max: must be 2 to {COUNT_MAX}, not {self.count_max}")

    def is_for(self, fields: Fields) -> bool:
        """Whether it takes what says this."""
        return (
            self.attribute in (None, fields.get("p"))
            and self.kind in (None, kind_of(fields))
            and (self.where is None or self.where(fields))
        )


def counted(
    *,
    attribute: str | None = None,
    kind: str | None = None,
    where: Callable[[Fields], bool] | None = None,
    window_s: float = WINDOW_S_DEFAULT,
    count_max: int = COUNT_MAX,
) -> Coalesce:
    """What says the same within the window is one: "the pump stalled (7 times within 60 s)".

    The count stands in the text, for that is what a person or a model is given to read. `meta` says `times`
    and, where the device knew the time, `first` (epoch seconds): the memory keeps it apart from a repeat.
    Of any other meta the last one's stays.
    """

    def into(several: list[Fields]) -> Fields:
        times = len(several)
        if times == 1:
            return several[0]
        first = {"first": several[0]["a"]} if "a" in several[0] else {}
        one = _last(several, {"times": times, **first})
        if "t" in one:
            one["t"] = f"{one['t']} ({times} times within {window_s:g} s)"
        return one

    return Coalesce(into, attribute, kind, where, _said, window_s, count_max)


def spread(
    attribute: str | None = None, *, window_s: float = WINDOW_S_DEFAULT, count_max: int = COUNT_MAX
) -> Coalesce:
    """Numbers of one attribute and unit are one: the last, with `min`, `max`, `mean`, `count` in its meta.

    What the memory says of an hour it takes from values: then of the last of each window.
    """

    def into(several: list[Fields]) -> Fields:
        if len(several) == 1:
            return several[0]
        values = [each["v"] for each in several]
        mean = fsum(values) / len(values)
        return _last(several, {"min": min(values), "max": max(values), "mean": mean, "count": len(values)})

    return Coalesce(into, attribute, None, _measures, _series, window_s, count_max)


def _last(several: list[Fields], meta: Fields) -> Fields:
    """The last of them with more meta, and the importance that the most important was given."""
    one = several[-1]
    given = [each["w"] for each in several if "w" in each]
    return one | {"m": one.get("m", {}) | meta} | ({"w": max(given)} if given else {})


def _measures(fields: Fields) -> bool:
    return is_number(fields.get("v"))


def _said(fields: Fields) -> bytes:
    """Packed, for true is not 1 there."""
    packed: bytes = msgpack.packb([fields.get(key) for key in "tvupkg"])
    return packed


def _series(fields: Fields) -> tuple[str | None, str | None]:
    return fields.get("p"), fields.get("u")
