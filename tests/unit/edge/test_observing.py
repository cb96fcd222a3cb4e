"""edge/observing.py"""

from edge.observing import ALARM, IMPORTANCE_DEFAULT, LOW


def test_what_has_no_importance_is_neither_an_alarm_nor_low() -> None:
    assert 0 < LOW <= IMPORTANCE_DEFAULT < ALARM < 1
