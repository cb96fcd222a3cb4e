"""memory/published.py"""

from pathlib import Path

import pytest

from memory.published import Published, hash_of

TOPIC = "mem/v1/acme/summary/latest/home7"


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "digests.sqlite3")


def tell(published: Published, payload: bytes = b"a digest", expires: float | None = None) -> bool:
    begun = published.begin(TOPIC, published.stand(TOPIC))
    assert begun is not None
    return published.settle(TOPIC, begun, payload, expires)


def test_what_was_told_stands_there_after_a_restart(published: Published) -> None:
    assert published.stand(TOPIC).hash is None
    assert tell(published)
    published.close()
    assert published.stand(TOPIC).hash == hash_of(b"a digest")
    assert published.due(0.0, 9) == []


def test_between_begin_and_settle_a_topic_is_in_doubt_whatever_stood_there(published: Published) -> None:
    assert tell(published)
    assert published.begin(TOPIC, published.stand(TOPIC)) is not None
    published.close()
    assert published.stand(TOPIC).hash is None
    assert published.due(0.0, 9) == [TOPIC]


def test_whoever_was_overtaken_begins_nothing_and_settles_nothing(published: Published) -> None:
    first, second = published.stand(TOPIC), published.stand(TOPIC)
    begun = published.begin(TOPIC, first)
    assert begun is not None
    assert published.begin(TOPIC, second) is None
    published.doubt([TOPIC])
    assert not published.settle(TOPIC, begun, b"a digest", None)
    assert published.stand(TOPIC).hash is None


def test_doubt_while_a_digest_is_made_for_the_first_time_is_seen(published: Published) -> None:
    stand = published.stand(TOPIC)
    published.doubt([TOPIC])
    assert published.begin(TOPIC, stand) is None


def test_a_topic_that_was_emptied_and_comes_back_has_another_turn(published: Published) -> None:
    before = published.stand(TOPIC)
    assert tell(published, b"")
    assert published.due(0.0, 9) == [], "of what says nothing nothing is kept, not even its topic"
    published.stand(TOPIC)
    assert published.begin(TOPIC, before) is None


def test_what_expires_is_due_then(published: Published) -> None:
    assert tell(published, expires=50.0)
    assert published.due(49.0, 9) == []
    assert published.due(50.0, 9) == [TOPIC]


def test_a_broker_that_lost_everything_is_told_everything(published: Published) -> None:
    assert tell(published)
    published.doubt_all()
    assert published.due(0.0, 9) == [TOPIC]


def test_no_more_are_due_at_once_than_were_asked_for(published: Published) -> None:
    for number in range(5):
        published.stand(f"{TOPIC}/{number}")
    assert len(published.due(0.0, 3)) == 3
