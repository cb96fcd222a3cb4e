"""Which readings of an attribute are worth sending, by rules. Pure: times come in.

shaper = Shaper([Rule("temperature", deadband=0.5, every_s_max=900), Rule("door", on_change=True)])
if shaper.pass_on(observed, now_s) is Verdict.SEND: …

What is held back is in RAM alone, until it is due: a power cut takes it. So nothing is held but by a rule
that says so, and no alarm is.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic

import msgpack

from edge.observed import Fields, Seen, size
from edge.observing import ALARM
from edge.reading_rules import Rule

SERIES_MAX = 256
"""Attributes of entities that are remembered: so many, all holding a reading, are some 230 KB of RAM."""
_NOT_SAID = {"i", "n", "v"}
"""Differ from reading to reading, and say nothing new: id and seq. The value is compared by itself."""


class Verdict(Enum):
    """What becomes of a reading."""

    SEND = "send"
    HOLD = "hold"
    """Too soon after the last: kept as the latest of its attribute, and handed out by `due`."""
    UNCHANGED = "unchanged"
    """The memory knows it already."""


@dataclass(slots=True)
class _Series(Generic[Seen]):
    """Of one attribute of one entity: what the memory was told last."""

    rule: Rule
    sent: Fields
    sent_s: float
    held: Seen | None = None

    @property
    def due_s(self) -> float:
        return self.sent_s + (self.rule.every_s_min or 0.0)

    def verdict(self, fields: Fields, now_s: float) -> Verdict:
        beat_s = self.rule.every_s_max
        if beat_s is not None and now_s >= self.sent_s + beat_s:
            return Verdict.SEND
        if self.rule.same(fields["v"], self.sent["v"]) and _beside(fields) == _beside(self.sent):
            return Verdict.UNCHANGED
        return Verdict.HOLD if now_s < self.due_s else Verdict.SEND


class Shaper(Generic[Seen]):
    """Judges each reading as it comes. What has words alone, or no attribute, always goes."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """Raises ValueError where two rules are for the same attribute."""
        self._rules: dict[str | None, Rule] = {}
        for rule in rules:
            if rule.attribute in self._rules:
                raise ValueError(f"rules: two are for {rule.attribute or 'every attribute'!r}; make them one")
            self._rules[rule.attribute] = rule
        self._series: OrderedDict[tuple[str, str], _Series[Seen]] = OrderedDict()
        self.counts: Counter[str] = Counter()
        """`unchanged`, `superseded` (held, and a later one came), `saved_bytes` of both."""

    def pass_on(self, observed: Seen, now_s: float) -> Verdict:
        """What becomes of it. An alarm goes whatever the rules say, and so does a series' first reading."""
        attribute = observed.fields.get("p")
        rule = self._rules.get(attribute, self._rules.get(None))
        if rule is None or attribute is None or "v" not in observed.fields:
            return Verdict.SEND
        key = (observed.entity, attribute)
        series = self._series.get(key)
        if series is None:
            self._remember(key, _Series(rule, observed.fields, now_s))
            return Verdict.SEND
        self._series.move_to_end(key)
        alarm = observed.importance >= ALARM
        verdict = Verdict.SEND if alarm else series.verdict(observed.fields, now_s)
        self._note(series, verdict, observed, now_s)
        return verdict

    def due(self, now_s: float) -> list[Seen]:
        """What was held and may go now, oldest first."""
        return self._released([each for each in self._series.values() if each.due_s <= now_s], now_s)

    def flush(self, now_s: float) -> list[Seen]:
        """All that is held, oldest first: the device closes."""
        return self._released(self._series.values(), now_s)

    @property
    def due_next_s(self) -> float | None:
        """When `due` has something next; None: nothing is held."""
        return min((each.due_s for each in self._series.values() if each.held), default=None)

    def _note(self, series: _Series[Seen], verdict: Verdict, observed: Seen, now_s: float) -> None:
        """A later reading takes a held one's place, even where it is back at what was sent."""
        if series.held is not None:
            self._save("superseded", series.held)
        series.held = observed if verdict is Verdict.HOLD else None
        if verdict is Verdict.UNCHANGED:
            self._save("unchanged", observed)
        elif verdict is Verdict.SEND:
            series.sent, series.sent_s = observed.fields, now_s

    def _remember(self, key: tuple[str, str], series: _Series[Seen]) -> None:
        """In the place of the one used longest ago that holds nothing: of that, too much is sent at worst.

        Where all hold something, the new one is not remembered and goes unshaped: nothing held is lost.
        """
        if len(self._series) >= SERIES_MAX:
            idle = next((each for each, known in self._series.items() if known.held is None), None)
            if idle is None:
                return
            del self._series[idle]
        self._series[key] = series

    def _released(self, ripe: Iterable[_Series[Seen]], now_s: float) -> list[Seen]:
        released = []
        for series in ripe:
            if series.held is not None:
                released.append(series.held)
                series.sent, series.sent_s, series.held = series.held.fields, now_s, None
        return sorted(released, key=lambda each: each.ticks_s)

    def _save(self, reason: str, observed: Seen) -> None:
        self.counts[reason] += 1
        self.counts["saved_bytes"] += size(observed.fields)


def _beside(fields: Fields) -> bytes:
    """All that it says but its value: other words, tags or another session are a change."""
    packed: bytes = msgpack.packb([item for item in fields.items() if item[0] not in _NOT_SAID])
    return packed
