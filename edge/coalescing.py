"""Several observations as one, by rules that the user chose. Pure: times come in.

coalescer = Coalescer([counted(kind="motion", window_s=60), spread("power", window_s=300)])
for one in coalescer.take(observed, now_s): …                # goes on now; [] while its window is open
for one in coalescer.due(now_s): …                           # windows whose time has come

What waits in a window is in RAM, not in the outbox: a power cut takes it, up to `window_s` of it. So nothing
waits but what a rule names, and an alarm never does. What a rule cannot make one of goes out as it came.
"""

import logging
from collections import Counter
from collections.abc import Hashable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Generic

from edge import observing
from edge.coalesce_rules import Coalesce
from edge.observed import Seen, size
from edge.observing import ALARM

log = logging.getLogger(__name__)

WINDOWS_MAX = 256
WAITING_BYTES_MAX = 256 * 1024
"""Of all windows together; beyond, the oldest closes early."""

_Place = tuple[int, str, object, Hashable]
"""Rule, entity, session and what the rule finds alike: what shares a window."""


@dataclass(slots=True)
class _Window(Generic[Seen]):
    rule: Coalesce
    closes_s: float
    waiting: list[Seen] = field(default_factory=list)
    bytes: int = 0


class Coalescer(Generic[Seen]):
    """Keeps the open windows. The first rule that is for an observation takes it."""

    def __init__(self, rules: Iterable[Coalesce] = ()) -> None:
        """Where what a rule made would be refused, all of it goes out as it came."""
        self._rules = tuple(rules)
        self._windows: dict[_Place, _Window[Seen]] = {}
        self._bytes = 0
        self._told: set[int] = set()
        self.counts: Counter[str] = Counter()
        """`coalesced` (so many fewer went), `not_worth_telling` (made into nothing), `saved_bytes` of both;
        `not_coalesced` (a rule failed: went out as it came)."""

    def take(self, observed: Seen, now_s: float) -> list[Seen]:
        """What goes on now: itself, where no rule is for it; or what a window became that it closed."""
        place = None if observed.importance >= ALARM else self._place(observed)
        if place is None:
            return [observed]
        before = self._windows.get(place)
        gone_on = self._close(place) if before is not None and before.closes_s <= now_s else []
        window = self._add(place, observed, now_s)
        if len(window.waiting) >= window.rule.count_max:
            gone_on += self._close(place)
        while len(self._windows) > WINDOWS_MAX or self._bytes > WAITING_BYTES_MAX:
            gone_on += self._close(next(iter(self._windows)))
        return gone_on

    def due(self, now_s: float) -> list[Seen]:
        """What windows became whose time has come."""
        ripe = [place for place, window in self._windows.items() if window.closes_s <= now_s]
        return [one for place in ripe for one in self._close(place)]

    def flush(self) -> list[Seen]:
        """What all windows became: the device closes."""
        return [one for place in list(self._windows) for one in self._close(place)]

    @property
    def due_next_s(self) -> float | None:
        """When `due` has something next; None: no window is open."""
        return min((window.closes_s for window in self._windows.values()), default=None)

    def _place(self, observed: Seen) -> _Place | None:
        """Its window; None: no rule is for it, or one's own function failed at it."""
        fields = observed.fields
        for number, rule in enumerate(self._rules):
            try:
                if rule.is_for(fields):
                    alike = rule.alike(fields) if rule.alike else None
                    hash(alike)
                    return number, observed.entity, fields.get("s"), alike
            except Exception:  # noqa: BLE001 - the user's function raises what it likes; told by `_failed`
                self._failed(number, 1)
                return None
        return None

    def _add(self, place: _Place, observed: Seen, now_s: float) -> _Window[Seen]:
        rule, more_bytes = self._rules[place[0]], size(observed.fields)
        window = self._windows.setdefault(place, _Window(rule, now_s + rule.window_s))
        window.waiting.append(observed)
        window.bytes += more_bytes
        self._bytes += more_bytes
        return window

    def _close(self, place: _Place) -> list[Seen]:
        """Nothing is lost by a rule that fails: what waited goes out as it came."""
        window = self._windows.pop(place)
        self._bytes -= window.bytes
        try:
            one = self._made(window)
            left_bytes = size(one.fields) if one else 0
        except Exception:  # noqa: BLE001 - as above
            self._failed(place[0], len(window.waiting))
            return window.waiting
        if one is None:
            self.counts["not_worth_telling"] += len(window.waiting)
        else:
            self.counts["coalesced"] += len(window.waiting) - 1
        self.counts["saved_bytes"] += window.bytes - left_bytes
        return [one] if one else []

    def _made(self, window: _Window[Seen]) -> Seen | None:
        """As urgent as the most urgent of them, or as the rule made it. It is given copies: it may write."""
        given = [
            deepcopy(each.fields) | ({} if each.at is None else {"a": each.at}) for each in window.waiting
        ]
        made = window.rule.into(given)
        if made is None:
            return None
        last = window.waiting[-1]
        fields = {key: value for key, value in made.items() if key != "a"} | {"i": last.fields["i"]}
        observing.check(fields)
        importance = max(fields.get("w", 0.0), *(each.importance for each in window.waiting))
        return replace(last, fields=fields, importance=importance)

    def _failed(self, number: int, times: int) -> None:
        """Told once a rule: a broken one fails at each observation, and a log has to fit the device."""
        self.counts["not_coalesced"] += times
        if number not in self._told:
            self._told.add(number)
            log.exception("coalescing rule %d failed: what it is for goes as it came, counted", number)
