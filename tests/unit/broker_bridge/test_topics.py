"""broker_bridge/topics.py. That nothing but the contract's grammar parses: tests/wire/test_properties.py."""

import pytest

from broker_bridge import topics
from broker_bridge.topics import Address, BadTopic, Topic

KITCHEN = Address("acme", "kiosk-1", "home7/kitchen")


def test_a_topic_says_who_speaks_about_whom() -> None:
    assert Topic.parse("mem/v1/acme/obs/kiosk-1/home7/kitchen") == Topic("obs", KITCHEN)


@pytest.mark.parametrize("verb", ["query", "manage", "reply"])
def test_all_below_is_asked_by_the_last_level(verb: str) -> None:
    address = Topic.parse(f"mem/v1/acme/{verb}/kiosk-1/home7/_all").address
    assert address == Address("acme", "kiosk-1", "home7", below=True)
    assert address.path == "home7/_all"
    assert topics.of_client(verb, address) == f"mem/v1/acme/{verb}/kiosk-1/home7/_all"


@pytest.mark.parametrize(
    ("topic", "wrong"),
    [
        ("mem/v1/acme/obs/kiosk-1/_all", "entity"),
        ("mem/v1/acme/obs/kiosk-1/home7/_all", "entity level"),
        ("mem/v1/acme/receipt/kiosk-1/home7/_all", "entity level"),
        ("mem/v1/acme/query/kiosk-1/_all", "1 to 8 levels"),
        ("mem/v1/acme/query/kiosk-1/_all/home7", "entity level"),
        ("mem/v1/acme/query/kiosk-1/home7/_all/_all", "entity level"),
        ("mem/v1/_sys/query/1/status", "tenant level"),
        ("mem/v1/_sys/obs/kiosk-1/home7", "tenant level"),
        ("mem/v1/acme/obs/_kiosk/home7", "client level"),
        ("mem/v1/acme/obs/+/home7", "client level"),
        ("mem/v1/acme/obs/kiosk-1/#", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/home7/", "entity level"),
        ("mem/v1/acme/obs/kiosk-1//home7", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/home 7", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/küche", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/home7\n", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/-home7", "entity level"),
        ("mem/v1/acme/obs/kiosk-1/..", "entity level"),
        ("mem/v1//obs/kiosk-1/home7", "tenant level"),
        ("mem/v1/acme/stream/home7/kitchen", "verb"),
        ("mem/v1/acme/summary/latest/home7", "verb"),
        ("mem/v1/acme/OBS/kiosk-1/home7", "verb"),
        ("mem/v1/acme//kiosk-1/home7", "verb"),
        ("mem/v2/acme/obs/kiosk-1/home7", "must be mem/v1"),
        ("/mem/v1/acme/obs/kiosk-1/home7", "must be mem/v1"),
        ("mem/v1/acme/obs/kiosk-1", "must be mem/v1"),
        ("", "must be mem/v1"),
        ("mem/v1/acme/obs/kiosk-1/" + "/".join("123456789"), "1 to 8 levels"),
        ("mem/v1/acme/query/kiosk-1/" + "/".join("123456789") + "/_all", "1 to 8 levels"),
        ("mem/v1/acme/obs/kiosk-1/" + "é" * 120, "256 bytes"),
    ],
)
def test_a_topic_outside_the_contract_says_which_level_is_wrong(topic: str, wrong: str) -> None:
    with pytest.raises(BadTopic, match=f"^topic: .*{wrong}"):
        Topic.parse(topic)


@pytest.mark.parametrize(
    ("topic", "verb", "answer"),
    [
        ("mem/v1/acme/obs/kiosk-1/home7", "receipt", "mem/v1/acme/receipt/kiosk-1/home7"),
        ("mem/v1/acme/manage/kiosk-1/a/b/_all", "reply", "mem/v1/acme/reply/kiosk-1/a/b/_all"),
        ("mem/v1/acme/query/kiosk-1/query", "reply", "mem/v1/acme/reply/kiosk-1/query"),
        ("mem/v1/query/query/query/query", "reply", "mem/v1/query/reply/query/query"),
    ],
)
def test_an_answer_goes_to_the_mirror_of_what_was_asked(topic: str, verb: str, answer: str) -> None:
    assert topics.mirror(topic, verb) == answer


@pytest.mark.parametrize(
    ("topic", "who"),
    [
        ("mem/v1/acme/obs/kiosk-1/home7", ("acme", "kiosk-1")),
        ("mem/v1/acme/obs/kiosk-1/_wrong/ entity", ("acme", "kiosk-1")),
        ("mem/v1/acme/obs/kiosk-1", ("acme", "kiosk-1")),
        ("mem/v1/_sys/obs/kiosk-1/home7", None),
        ("mem/v1/acme/obs/_kiosk/home7", None),
        ("mem/v1/acme/obs//home7", None),
        ("mem/v1/acme/obs", None),
        ("", None),
    ],
)
def test_a_sender_is_known_even_where_the_entity_is_wrong(topic: str, who: tuple[str, str] | None) -> None:
    assert topics.speaker(topic) == who


def test_a_dead_letter_is_told_below_system_where_no_tenant_can_look() -> None:
    assert (
        topics.dead_letter("mem/v1/acme/obs/kiosk-1/home7/kitchen")
        == "mem/v1/_sys/deadletter/acme/kiosk-1/home7/kitchen"
    )


@pytest.mark.parametrize("topic", ["", "mem/v1/acme/obs/kiosk-1/#", "mem/v1/_sys/deadletter/a/b/c", "+/+"])
def test_a_wrong_topic_never_shapes_the_dead_letters(topic: str) -> None:
    assert topics.dead_letter(topic) == "mem/v1/_sys/deadletter/_unknown"


def test_the_other_topics_are_the_contracts() -> None:
    assert topics.stream("acme", "home7/kitchen") == "mem/v1/acme/stream/home7/kitchen"
    assert topics.all_of_client(topics.REPLY, "acme", "kiosk-1") == "mem/v1/acme/reply/kiosk-1/#"
    assert topics.presence("acme", "kiosk-1") == "mem/v1/acme/presence/kiosk-1"
    assert topics.service("ingest", "1", "status") == "mem/v1/_sys/ingest/1/status"
    assert topics.shared("ingest", topics.asked_of_all("obs")) == "$share/ingest/mem/v1/+/obs/+/#"


@pytest.mark.parametrize("entity", ["home7", "home7/ana", "a/b/c/d/e/f/g/h"])
def test_a_digests_topic_says_whose_it_is(entity: str) -> None:
    for name in topics.SUMMARY_NAMES:
        assert topics.of_summary(topics.summary("acme", name, entity)) == ("acme", name, entity)


def test_the_services_own_topics_are_told_from_a_tenants() -> None:
    assert topics.is_of_system(topics.service("query", "1", "status"))
    assert not topics.is_of_system("mem/v1/_system/query/1/x")
    assert not topics.is_of_system("mem/v1/acme/query/_sys/x")
