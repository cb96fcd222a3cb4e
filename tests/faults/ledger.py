"""What a device has observed, keeps, and was promised; and whether the memory kept its promises. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COMPARED = ("text", "value", "unit", "attribute")
"""Of an observation and its memory."""
RECEIPTS = ("stored", "merged", "duplicate")
NAMED_MAX = 5
"""Of many faults of one kind, as many are named."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation as it is sent: with its entity, which stands in the topic."""

    entity: str
    body: Mapping[str, Any]

    @property
    def id(self) -> Any:
        return self.body["id"]


@dataclass(slots=True)
class Ledger:
    """A device's own account. What has no receipt stays in `kept`."""

    device: str
    made: dict[Any, Observed] = field(default_factory=dict)
    kept: dict[Any, Observed] = field(default_factory=dict)
    told: dict[Any, str] = field(default_factory=dict)
    """By the observation's id, the memory that a receipt named."""
    wrong: list[str] = field(default_factory=list)

    def observe(self, observed: Observed) -> None:
        """Something was observed: from now on the device answers for it."""
        self.made[observed.id] = self.kept[observed.id] = observed

    def tell(self, receipt: Mapping[str, Any]) -> bool:
        """Takes one receipt, under long names; whether it was the first of its observation."""
        name, memory = receipt.get("id"), receipt.get("memory")
        if name not in self.made or memory is None or receipt["status"] not in RECEIPTS:
            self.wrong.append(f"{self.device} was told {dict(receipt)}")
            return False
        known = self.told.setdefault(name, memory)
        if known != memory:
            self.wrong.append(f"{self.device} was told two memories of {name!r}: {known} and {memory}")
        return self.kept.pop(name, None) is not None


def judge(
    ledgers: Sequence[Ledger], found: Mapping[str, Sequence[Mapping[str, Any]]], stored: int
) -> list[str]:
    """What is wrong; nothing if every promise was kept.

    `found` has for each memory that a receipt named what `get` answered; `stored` is how many memories there
    are. Counted as often as they were seen, that is between the receipts and the observations made, because
    what has no receipt may be stored.
    """
    wrong = [fault for ledger in ledgers for fault in [*ledger.wrong, *_of_outbox(ledger)]]
    promised = [(ledger, name, memory) for ledger in ledgers for name, memory in ledger.told.items()]
    told = Counter(memory for _, _, memory in promised)
    seen = {memory: max(map(_seen, matches)) for memory, matches in found.items() if matches}
    wrong += [
        f"{memory} was told of {count} observations, and seen {seen[memory]} times"
        for memory, count in told.items()
        if count > seen.get(memory, count)
    ]
    for ledger, name, memory in promised:
        wrong += _of_promise(ledger, name, found.get(memory, ()))
    made = sum(len(ledger.made) for ledger in ledgers)
    counted = stored + sum(seen.values()) - len(seen)
    if not len(promised) <= counted <= made:
        wrong.append(f"{counted} memories of {made} observations, {len(promised)} of them with a receipt")
    return wrong


def _seen(match: Mapping[str, Any]) -> int:
    seen = match.get("seen", 1)
    assert isinstance(seen, int)
    return seen


def _of_outbox(ledger: Ledger) -> list[str]:
    """Each observation is promised, or still with its device: one of the two."""
    kept, told = ledger.kept.keys(), ledger.told.keys()
    return [
        *(f"{ledger.device} keeps what has a receipt: {name!r}" for name in kept & told),
        *(f"{ledger.device} dropped what has none: {name!r}" for name in ledger.made.keys() - kept - told),
    ]


def _of_promise(ledger: Ledger, name: Any, matches: Sequence[Mapping[str, Any]]) -> list[str]:
    if len(matches) != 1:
        return [f"{ledger.device} had a receipt for {name!r}, and {len(matches)} are found"]
    [match] = matches
    sent = ledger.made[name]
    expected = {"entity": sent.entity, "device": ledger.device}
    expected |= {key: sent.body[key] for key in COMPARED if key in sent.body}
    if _seen(match) == 1:
        expected |= {"id": name, "at": sent.body["at"]}
    elif match["id"] not in ledger.made or not match["first"] <= sent.body["at"] <= match["at"]:
        return [f"{ledger.device} observed {name!r}, which is counted in {dict(match)}"]
    differs = {key: match.get(key) for key, value in expected.items() if match.get(key) != value}
    return [f"{ledger.device} observed {name!r} as {expected}, remembered with {differs}"] if differs else []


def in_words(wrong: Sequence[str]) -> str:
    """The first of many faults, and how many there are."""
    return "\n".join([f"{len(wrong)} faults:", *wrong[:NAMED_MAX]])
