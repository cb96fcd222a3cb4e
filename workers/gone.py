"""What is about to be forgotten, and which dead letters hold some of it. Pure."""

import base64
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from broker_bridge.codec import Malformed, decode
from broker_bridge.topics import Address, BadTopic, Topic
from memory.records import Memory, Scope, ancestors
from schemas.identity import by_observation_id
from schemas.reading_words import reading_words
from schemas.service import DeadLetter


class Gone:
    """The ids of some memories, and whatever they say or said, by entity."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.text_bytes = 0
        self._known: set[str] = set()
        self._said: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, memories: Sequence[Memory]) -> None:
        """Some more, with what their older versions said."""
        for memory in memories:
            self.ids.append(memory.id)
            self._known.add(memory.id)
            for text in (memory.text, *(version.text for version in memory.versions)):
                self._said[memory.tenant, memory.entity].add(text)
                self.text_bytes += len(text)

    def is_about(self, topic: str) -> bool:
        """Whether a letter from this topic may hold any of it; the others need no decoding."""
        levels = topic.split("/", 5)
        return len(levels) == 6 and (levels[2], levels[5]) in self._said

    def is_in(self, letter: DeadLetter) -> bool:
        """Whether a letter holds an observation of one of the memories, or one that says the same.

        However wrong it was: it may have been sent anew, corrected. What cannot be read may hold it, too.
        """
        address = _address(letter)
        payload = base64.b64decode(letter.payload)
        if address is None or not payload or not self.is_about(letter.topic):
            return False
        try:
            decoded = decode(payload)
        except Malformed:
            return True
        said = self._said[address.tenant, address.entity]
        raws = decoded if isinstance(decoded, list) else [decoded]

        def names_one(sent: str | int) -> bool:
            whose = address.tenant, address.entity, address.client
            return by_observation_id(*whose, sent) in self._known

        return any(
            _has_id(raw, names_one) or bool(said & set(_texts(address.entity, raw)))
            for raw in raws
            if isinstance(raw, dict)
        )


def is_of(letter: DeadLetter, scope: Scope) -> bool:
    """Whether a letter is about the entity of a scope."""
    address = _address(letter)
    if address is None:
        return False
    inside = scope.entity in ancestors(address.entity) if scope.below else scope.entity == address.entity
    return inside and address.tenant == scope.tenant


def _address(letter: DeadLetter) -> Address | None:
    try:
        return Topic.parse(letter.topic).address
    except BadTopic:
        return None


def _has_id(raw: dict[Any, Any], names: Callable[[str | int], bool]) -> bool:
    for sent in (raw.get("id"), raw.get("i")):
        if isinstance(sent, str | int):
            with suppress(ValueError):  # a number too long to be said, half a character: no id of a memory
                if names(sent):
                    return True
    return False


def _texts(entity: str, raw: dict[Any, Any]) -> list[str]:
    """What an observation says: its words, and its reading in words."""
    texts = [text for text in (raw.get("text"), raw.get("t")) if isinstance(text, str)]
    value = raw.get("value", raw.get("v"))
    attribute, unit = raw.get("attribute", raw.get("p")), raw.get("unit", raw.get("u"))
    if isinstance(value, str | int | float) and all(
        isinstance(each, str | None) for each in (attribute, unit)
    ):
        with suppress(ValueError):  # a number too long to be said
            texts.append(reading_words(entity, attribute, value, unit))
    return texts
