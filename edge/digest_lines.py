"""The lines of a digest as matches, so that they are found and told like memories. Pure."""

from collections.abc import Iterator
from typing import Any

from schemas.digest import Digest
from schemas.reading_words import reading_words
from schemas.replies import Match


def digest_lines(entity: str, digest: Digest) -> list[Match]:
    """What is stable, then the state, then gists; each the most important, or newest, first.

    A digest has no ids of memories, and of what is stable no times but its own. What stands here for an id is
    none that the memory gives, so asking it to forget or rate one is answered with a 404.
    """
    lines = (*_stable(digest), *_state(entity, digest), *_gists(digest))
    return [
        Match(memory=f"digest {number} {entity}", entity=entity, device="", **line)
        for number, line in enumerate(lines, 1)
    ]


def _stable(digest: Digest) -> Iterator[dict[str, Any]]:
    for kind, texts in (
        ("fact", digest.facts),
        ("preference", digest.preferences),
        ("routine", digest.routines),
    ):
        for text in texts or ():
            yield {"kind": kind, "text": text, "at": digest.at}


def _state(entity: str, digest: Digest) -> Iterator[dict[str, Any]]:
    for attribute, now in (digest.state or {}).items():
        told = {"attribute": attribute, "value": now.value, "unit": now.unit, "at": now.at}
        if now.value is None:
            yield {"kind": "fact", "text": now.text, **told}
        else:
            yield {"kind": "reading", "text": reading_words(entity, attribute, now.value, now.unit), **told}


def _gists(digest: Digest) -> Iterator[dict[str, Any]]:
    for gist in digest.gists or ():
        told = {"text": gist.text, "at": gist.at, "session": gist.session}
        yield {"kind": "summary", "tier": "summary", **told}
