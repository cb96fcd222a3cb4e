"""schemas/states.py"""

from typing import Any

import pytest

from schemas.replies import Match
from schemas.states import HAPPENED_KINDS, is_state


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, True),
        ({"kind": "reading"}, True),
        ({"kind": "mood"}, True),
        ({"attribute": None}, False),
        ({"tier": "summary"}, False),
        *(({"kind": kind}, False) for kind in sorted(HAPPENED_KINDS)),
    ],
)
def test_a_state_is_so_until_something_else_is_told_of_its_attribute(
    told: dict[str, Any], *, state: bool
) -> None:
    usual: dict[str, Any] = {"kind": "fact", "attribute": "drink", "at": 1.0}
    assert is_state(Match(memory="m", entity="home7", device="d", **(usual | told))) is state
