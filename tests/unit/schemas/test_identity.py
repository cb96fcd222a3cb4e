"""schemas/identity.py"""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import NAMESPACE, by_content, by_observation_id

WHO = ("acme", "home7", "kiosk-1")


def test_an_id_is_a_uuid_v5_and_never_changes() -> None:
    # Written down once: another value here would store every resent observation a second time.
    assert by_observation_id(*WHO, "a1") == "790f9eed-c227-5354-9479-a80d4d2ab552"
    assert by_content(*WHO, 1.5, {"text": "hello"}) == "91e50a22-be13-5eaa-9f87-218a1ca539a8"
    assert UUID(by_observation_id(*WHO, "a1")).version == 5


def test_the_integer_5_is_not_the_text_5() -> None:
    assert by_observation_id(*WHO, 5) != by_observation_id(*WHO, "5")


@pytest.mark.parametrize(
    "other", [("acme2", "home7", "kiosk-1"), ("acme", "home8", "kiosk-1"), ("acme", "home7", "kiosk-2")]
)
def test_another_tenant_entity_or_client_has_another_id(other: tuple[str, str, str]) -> None:
    assert by_observation_id(*WHO, "a1") != by_observation_id(*other, "a1")
    assert by_content(*WHO, 1.0, {}) != by_content(*other, 1.0, {})


@given(st.text())
def test_no_observation_id_poses_as_another_kind_of_id(observation_id: str) -> None:
    assert by_observation_id(*WHO, observation_id) != by_content(*WHO, 1.0, {})
    assert by_observation_id(*WHO, observation_id) != by_observation_id(*WHO, f"{observation_id}\ns")


def test_content_is_the_same_whatever_the_order_of_its_keys() -> None:
    one, other = {"text": "x", "meta": {"a": 1, "b": 2}}, {"meta": {"b": 2, "a": 1}, "text": "x"}
    assert by_content(*WHO, 1.0, one) == by_content(*WHO, 1.0, other)


@pytest.mark.parametrize(
    ("at", "content"), [(1.0000001, {"text": "x"}), (1.0, {"text": "y"}), (1.0, {"text": "x", "value": None})]
)
def test_another_instant_or_content_has_another_id(at: float, content: dict[str, object]) -> None:
    assert by_content(*WHO, at, content) != by_content(*WHO, 1.0, {"text": "x"})


@given(st.text())
def test_an_id_is_what_the_standard_library_makes_of_it(sent: str) -> None:
    told = f"acme\nhome7\nkiosk-1\ns{sent}"
    if sent.isprintable():  # else it is no id, and may be no UTF-8
        assert by_observation_id(*WHO, sent) == str(uuid5(NAMESPACE, told))
