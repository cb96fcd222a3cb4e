"""The lines of a digest as matches, so that they are found and told like memories. Pure."""

from collections.abc import Iterator
from itertools import count

from schemas.digest import Digest
from schemas.reading_words import reading_words
from schemas.replies import Match


def digest_lines(entity: str, digest: Digest) -> list[Match]:
    """What is stable, then the state, then gists; each the most important, or newest, first.

    A digest has no ids of memories, and of what is stable no times but its own. What stands here for an id is
    none that the memory gives, so asking it to forget or rate one is answered with a 404.
    """
    numbers = count(1)
    return [
        line.model_copy(update={"memory": f"digest {next(numbers)} {entity}"})
        for line in (*_stable(entity, digest), *_state(entity, digest), *_gists(entity, digest))
    ]


def _stable(entity: str, digest: Digest) -> Iterator[Match]:
    for kind, texts in (
        ("fact", digest.facts),
        ("preference", digest.preferences),
        ("routine", digest.routines),
    ):
        for text in texts or ():
            yield Match(memory="", entity=entity, device="", kind=kind, text=text, at=digest.at)


def _state(entity: str, digest: Digest) -> Iterator[Match]:
    for attribute, now in (digest.state or {}).items():
        is_reading = now.value is not None
        yield Match(
            memory="",
            entity=entity,
            device="",
            kind="reading" if is_reading else "fact",
            text=reading_words(entity, attribute, now.value, now.unit) if is_reading else now.text,
            value=now.value,
            unit=now.unit,
            attribute=attribute,
            at=now.at,
        )


def _gists(entity: str, digest: Digest) -> Iterator[Match]:
    for gist in digest.gists or ():
        yield Match(
            memory="",
            entity=entity,
            device="",
            kind="summary",
            text=gist.text,
            at=gist.at,
            session=gist.session,
            tier="summary",
        )
