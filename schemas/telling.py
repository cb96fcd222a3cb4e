"""What a memory says, and of whom: alike in the memory's contexts and in a device's. Pure."""

import re
from typing import Protocol

from schemas.one_line import one_line
from schemas.reading_words import reading_words


class Tellable(Protocol):
    """A memory of the store, or a match of an answer."""

    @property
    def entity(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def value(self) -> float | str | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def attribute(self) -> str | None: ...


def content(told: Tellable, asked: str) -> str:
    """On one line; and of whom, if that is not who was asked about and the text does not tell."""
    said = one_line(told.text or "")
    if told.value is not None:
        reading = reading_words(told.entity, told.attribute, told.value, told.unit)
        if reading != told.text:
            said = f"{said} ({one_line(reading)})" if said else one_line(reading)
    place = told.entity.rsplit("/", 1)[-1]
    if told.entity == asked or re.search(rf"\b{re.escape(place)}\b", said, re.IGNORECASE):
        return said
    return f"{place}: {said}"
