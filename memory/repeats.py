"""Which observation says again what a memory says, so that it is counted there. Pure.

Merged is what a sender says again itself: the same words, or a state that did not change. What only means the
same is not: that is judged with time, by the summarizer. A memory covers a bounded time, so that the counts
of an hour (of words: of a day) are exact, whatever was merged; extremes and means, too, but for the deadband.
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from memory.portions import STABLE_KINDS
from memory.records import Memory
from schemas.checks import is_number
from schemas.fixed import fixed

EPISODIC_KINDS = frozenset({"turn", "summary"})
"""Never merged: a turn belongs where it was said, and a summary is made anew."""
STATE_SPAN_S = 3600
"""A state that does not change is one memory an hour: the finest that readings are condensed to."""
WORDS_SPAN_S = 86_400
WORDS_GAP_S = 3600.0
"""The same words within an hour of the last (or first) time are one memory, of one day at most: a bell that
rang in the morning and in the evening rang twice."""

SERIES_KEPT = 8192
"""Of which it is known how they are told and where they go: states come again and again. Some 5 MB."""

_KEY_BYTES = 16
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Rule:
    """How repeats of a kind or an attribute are told."""

    merge: bool = True
    deadband: float = 0.0
    """A number that differs by no more from the one remembered did not change; in the attribute's unit."""
    ignore_numbers: bool = False
    """Words that differ in their numbers alone are the same."""


@fixed
class Claim:
    """What an observation says, for comparing: a place that one memory has at a time, and what is there."""

    slot: bytes
    says: bytes
    """The number, where it is one, aside."""
    number: float | None
    span: int
    """Which hour or day of the epoch; 0 where time does not matter."""
    has_order: bool
    """Whether something else may have been there between two that are alike: of states, not of words."""
    deadband: float
    """By how much a number may differ and be the same."""


@fixed
class Standing:
    """The memory that has a slot, and how often and when it was said; times are epoch seconds."""

    memory: str
    says: bytes
    number: float | None
    span: int
    seen: int
    first: float
    at: float
    expires: float | None

    def repeated(self, memory: Memory) -> "Standing":
        """With one repeat more; it is remembered as long as the one that is longest."""
        return Standing(  # `replace` takes four times as long
            self.memory,
            self.says,
            self.number,
            self.span,
            self.seen + 1,
            min(self.first, memory.at),
            max(self.at, memory.at),
            None if self.expires is None else max(self.expires, memory.expires or 0.0),
        )


def claim(memory: Memory, rule: Rule, *, is_plain: bool) -> Claim | None:
    """What a memory says; None if it is never a repeat. `is_plain`: its text is made of its value."""
    if not rule.merge or memory.seq is not None or memory.kind in EPISODIC_KINDS:
        return None
    is_state = memory.value is not None or memory.attribute is not None
    number = float(memory.value) if memory.value is not None and is_number(memory.value) else None
    words = "" if is_plain else _words(memory.text, rule)
    span = 0
    if memory.kind not in STABLE_KINDS:  # these are true until something else is said, however late
        span = 1 + int(memory.at // (STATE_SPAN_S if is_state else WORDS_SPAN_S))
    if is_state:
        value = "" if number is not None else repr(memory.value)
        says = f"{_with(memory)}\n{value}\n{words}"
        # Words and what a sender adds of its own may be long, and seldom come again.
        digest = _kept_digest if memory.meta is None and not words else _digest
        return Claim(_slot(memory), digest(says), number, span, has_order=True, deadband=rule.deadband)
    slot = _digest(f"{_of(memory)}\n{_with(memory)}\n{words}")
    return Claim(slot, b"", None, span, has_order=False, deadband=0.0)


def standing(memory: Memory, said: Claim) -> Standing:
    """The standing of a memory that is stored as it is."""
    return Standing(
        memory.id, said.says, said.number, said.span, memory.seen, memory.at, memory.at, memory.expires
    )


def is_repeat(memory: Memory, said: Claim, stands: Standing) -> bool:
    """Whether an observation says again what stands."""
    if said.span != stands.span or said.says != stands.says or memory.id == stands.memory:
        return False
    if said.has_order and memory.at < stands.first:
        return False  # something else may have been between: a late one is a memory of its own
    is_near = stands.first - WORDS_GAP_S <= memory.at <= stands.at + WORDS_GAP_S
    if said.span and not said.has_order and not is_near:
        return False
    if said.number is None or stands.number is None:
        return said.number is stands.number
    return abs(said.number - stands.number) <= said.deadband


def replaces(memory: Memory, stands: Standing | None) -> bool:
    """Whether a memory that is no repeat has the slot from now on: the newest has it."""
    return stands is None or memory.at >= stands.at


def _slot(state: Memory) -> bytes:
    """Where a state goes: what else has it is another state, whatever else it comes with."""
    return _kept_digest(_of(state))


def _of(memory: Memory) -> str:
    """Of what it is. Kinds of what goes on share a series, as they share its summaries."""
    kind = memory.kind if memory.value is None or memory.kind in STABLE_KINDS else None
    return _told(memory.tenant, memory.entity, memory.device, kind, memory.attribute)


def _with(memory: Memory) -> str:
    """What has to be alike beside that, and beside its value and words."""
    ttl = None if memory.expires is None else "ttl"
    told = _told(memory.kind, memory.unit, memory.session, *memory.tags, ttl)
    return told if memory.meta is None else f"{told}\n\n{json.dumps(memory.meta, sort_keys=True)}"


@lru_cache(maxsize=SERIES_KEPT)
def _told(*parts: str | None) -> str:
    """None of the parts holds a control character."""
    return "\n".join(["" if part is None else f"-{part}" for part in parts])


def _words(text: str, rule: Rule) -> str:
    """What is said in words, without case, spacing and a full stop."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    words = " ".join(plain.casefold().split()).rstrip(" .!")
    return _NUMBER.sub("#", words) if rule.ignore_numbers else words


def _digest(told: str) -> bytes:
    return hashlib.blake2b(told.encode(), digest_size=_KEY_BYTES).digest()


_kept_digest = lru_cache(maxsize=SERIES_KEPT)(_digest)
