"""schemas/half_life.py"""

from schemas.half_life import DAY_S, HALF_LIFE_OTHER_S, HALF_LIFE_S, half_life_s
from schemas.observation import KINDS


def test_a_temperature_is_old_news_tomorrow_and_what_is_true_for_long_is_not() -> None:
    assert half_life_s("reading") == DAY_S
    assert half_life_s("fact") == half_life_s("a kind of your own") == HALF_LIFE_OTHER_S
    assert set(HALF_LIFE_S) < set(KINDS)
