"""edge/filtering.py"""

from typing import Any

import pytest

from edge.filtering import wanted
from schemas.replies import Match
from schemas.requests import Filters

MATCH = Match(
    memory="m", entity="home7", device="kiosk-1", kind="turn", text="hello", at=100.0, session="visit-1",
    tags=["a", "b"], meta={"by": "ana", "n": 1},
)  # fmt: skip


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"since": 100.0, "until": 100.0},
        {"since": -20.0, "until": -5.0},
        {"kinds": ["fact", "turn"]},
        {"tags": ["b", "a"]},
        {"devices": ["kiosk-1"]},
        {"sessions": ["visit-1"]},
        {"meta": {"n": 1.0}},
        {"kinds": ["turn"], "tags": ["a"], "meta": {"by": "ana"}},
    ],
)
def test_what_all_filters_want_is_wanted(filters: dict[str, Any]) -> None:
    assert wanted(MATCH, Filters(**filters), now=110.0)


@pytest.mark.parametrize(
    "filters",
    [
        {"since": 100.5},
        {"until": 99.5},
        {"since": -5.0},
        {"kinds": ["fact"]},
        {"tags": ["a", "c"]},
        {"devices": ["kiosk-2"]},
        {"sessions": ["visit-2"]},
        {"meta": {"n": True}},
        {"meta": {"by": "ana", "n": 2}},
        {"kinds": ["turn"], "tags": ["c"]},
    ],
)
def test_what_one_filter_does_not_want_is_not(filters: dict[str, Any]) -> None:
    assert not wanted(MATCH, Filters(**filters), now=110.0)


def test_what_has_no_session_is_of_none() -> None:
    bare = Match(memory="m", entity="e", device="d", kind="note", at=0.0)
    assert wanted(bare, Filters(), 0.0)
    assert not wanted(bare, Filters(sessions=["visit-1"]), 0.0)
    assert not wanted(bare, Filters(meta={"n": 1}), 0.0)
