"""memory/records.py"""

from dataclasses import replace

import pytest

from memory.records import Identity, Memory, Scope, ancestors


@pytest.mark.parametrize(
    ("entity", "within"),
    [
        ("home7", ["home7"]),
        ("home7/ana", ["home7", "home7/ana"]),
        ("home7/ana/bed", ["home7", "home7/ana", "home7/ana/bed"]),
    ],
)
def test_an_entity_is_within_itself_and_every_path_above(entity: str, within: list[str]) -> None:
    assert ancestors(entity) == within


def test_an_identity_says_all_it_is_made_of() -> None:
    identity = Identity(contract=1, model="all-MiniLM-L6-v2", precision="int8", dimension=384)
    assert str(identity) == "contract v1, all-MiniLM-L6-v2 (int8, 384 dimensions)"


def test_vectors_of_one_model_are_compared_whatever_the_words_language() -> None:
    identity = Identity(contract=1, model="all-MiniLM-L6-v2", precision="int8", dimension=384)
    assert identity.language == "english"
    assert identity.same_vectors(replace(identity, language="german"))
    assert identity.same_vectors(replace(identity, language=None))
    assert identity.same_vectors(replace(identity, layout=1))
    assert not identity.same_vectors(replace(identity, precision="float32"))


def test_what_says_no_language_or_layout_is_older_than_they_are() -> None:
    said = {"contract": 1, "model": "m", "precision": "int8", "dimension": 384}
    assert Identity.of(said) == Identity(1, "m", "int8", 384, language=None, layout=1)
    later = said | {"language": "german", "layout": 2}
    assert Identity.of(later) == Identity(1, "m", "int8", 384, "german", 2)


def test_a_scope_is_one_entity_unless_it_says_below() -> None:
    assert not Scope("acme", "home7").below


def test_memories_do_not_share_their_tags() -> None:
    one, other = (Memory("id", "t", "e", "d", "k", "x", at=0.0, received=0.0) for _ in range(2))
    assert one == other
    assert one.tags is not other.tags
