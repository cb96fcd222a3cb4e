"""schemas/changed.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.changed import changed, unchanged

MARCH = 1_772_323_200.0


@pytest.mark.parametrize(("now", "before"), [("tea", "coffee"), ("tea.", "coffee.")])
def test_a_text_says_what_was_before_and_until_when(now: str, before: str) -> None:
    assert changed(now, before, MARCH + 0.5) == "tea (before: coffee, until 2026-03-01)."


def test_what_was_before_can_be_left_out_again() -> None:
    assert unchanged(changed("tea (green)", "coffee (black), until noon", MARCH)) == "tea (green)"
    for text in ("tea", "tea (before: noon)", "tea (before: coffee, until 2026-03-01). Or not."):
        assert unchanged(text) == text


@given(st.from_regex(r"[\w ()]{1,30}", fullmatch=True), st.from_regex(r"[\w ,]{1,30}", fullmatch=True))
def test_whatever_was_before(now: str, before: str) -> None:
    assert unchanged(changed(now, before, MARCH)) == now
