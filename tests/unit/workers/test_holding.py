"""workers/holding.py"""

from collections import Counter

import pytest

from memory.errors import StoreError
from workers import faults
from workers.faults import Doing
from workers.holding import Holding


class Reports(list[tuple[str, str | None]]):
    def __call__(self, part: str, trouble: str | None) -> None:
        self.append((part, trouble))


async def test_a_part_that_is_away_is_held_for_and_its_return_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faults, "HOLD_S_MAX", 0.001)
    reports, counters = Reports(), Counter[str]()
    tries = iter([StoreError("away", hint="wait"), StoreError("away", hint="wait"), None])

    async def act() -> str:
        if (fault := next(tries)) is not None:
            raise fault
        return "done"

    assert await Holding(reports, counters).held(Doing.STORING, act) == "done"
    assert counters == {"holds": 2}
    assert [trouble is None for _, trouble in reports] == [False, False, True]


async def test_a_mistake_of_ours_is_not_held_for() -> None:
    async def act() -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        await Holding(Reports(), Counter()).held(Doing.STORING, act)
