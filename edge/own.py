"""A device's own observations as the matches they will be once they are stored. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.observing import kind_of
from edge.scopes import overlap
from edge.working_set import Noted
from schemas.identity import by_observation_id
from schemas.reading_words import reading_words
from schemas.replies import Match

_APART_S = 0.001
"""Between two whose times are not known, so that they keep their order."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks about whom."""

    tenant: str
    client: str
    entity: str
    """With `/_all`, if all below it are meant."""


def own_matches(who: Who, own: Sequence[Noted], now: float) -> list[Match]:
    """Of who was asked about alone, in their order; what has lived out its `ttl` is gone.

    What was observed before the device knew the time was observed just now: a device that was off knows no
    better.
    """
    found = []
    for later, noted in enumerate(reversed(own)):
        at = now - later * _APART_S if noted.at is None else noted.at
        if overlap(who.entity, noted.entity) and at + noted.fields.get("x", float("inf")) > now:
            found.append(_match(who, noted, at))
    return found[::-1]


def _match(who: Who, noted: Noted, at: float) -> Match:
    fields = noted.fields
    value, attribute, unit = fields.get("v"), fields.get("p"), fields.get("u")
    return Match(
        memory=by_observation_id(who.tenant, noted.entity, who.client, fields["i"]),
        id=fields["i"],
        entity=noted.entity,
        device=who.client,
        kind=kind_of(fields),
        text=fields.get("t") or reading_words(noted.entity, attribute, value, unit),
        value=value,
        unit=unit,
        attribute=attribute,
        at=at,
        session=fields.get("s"),
        seq=fields.get("n"),
        tags=fields.get("g"),
        importance=fields.get("w"),
        meta=fields.get("m"),
    )
