"""edge/digest_lines.py"""

from edge.digest_lines import digest_lines
from schemas.digest import Digest, DigestState, Gist

DIGEST = Digest(
    at=500,
    facts=["Ana is allergic to peanuts"],
    preferences=["Ana takes her tea without milk"],
    routines=["Ana goes to bed at ten"],
    state={
        "temperature": DigestState(value=21.5, unit="Cel", at=400),
        "mood": DigestState(text="glad", at=300),
    },
    gists=[Gist(text="Ana asked for the radio.", at=450, session="evening-12")],
)


def test_each_line_is_found_like_a_memory_of_its_kind() -> None:
    lines = digest_lines("home7/ana", DIGEST)
    assert [(line.kind, line.text, line.at, line.attribute) for line in lines] == [
        ("fact", "Ana is allergic to peanuts", 500, None),
        ("preference", "Ana takes her tea without milk", 500, None),
        ("routine", "Ana goes to bed at ten", 500, None),
        ("reading", "ana temperature 21.5 °C", 400, "temperature"),
        ("fact", "glad", 300, "mood"),
        ("summary", "Ana asked for the radio.", 450, None),
    ]
    assert (lines[-1].tier, lines[-1].session, lines[0].tier) == ("summary", "evening-12", "raw")
    assert {line.entity for line in lines} == {"home7/ana"}


def test_no_two_lines_of_any_entities_share_an_id() -> None:
    lines = [*digest_lines("home7/ana", DIGEST), *digest_lines("home7/ben", DIGEST)]
    assert len({line.memory for line in lines}) == len(lines)


def test_an_empty_digest_has_no_lines() -> None:
    assert digest_lines("home7", Digest(at=0)) == []
