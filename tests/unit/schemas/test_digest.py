"""schemas/digest.py"""

from typing import Any, get_args

import pytest

from broker_bridge.topics import LATEST, SUMMARY_NAMES
from schemas.digest import Digest, DigestState, Gist, Period, PeriodDigest, Series
from schemas.observation import Observation
from schemas.wire import Invalid, Wire, short_keys


def test_each_period_has_its_topic() -> None:
    assert (LATEST, *get_args(Period)) == SUMMARY_NAMES


@pytest.mark.parametrize("model", [DigestState, Gist, Series])
def test_what_an_observation_says_too_stands_under_the_observations_keys(model: type[Wire]) -> None:
    shared = set(short_keys(model)) & set(short_keys(Observation))
    assert shared >= {"unit"} or model is Gist
    for name in shared:
        assert short_keys(model)[name] == short_keys(Observation)[name]


def test_what_is_absent_is_not_written_and_names_are_short() -> None:
    digest = Digest(at=5, facts=["x"], state={"t": DigestState(value=1, at=4)})
    assert digest.dump(short=True) == {"a": 5, "f": ["x"], "s": {"t": {"v": 1, "a": 4}}}


@pytest.mark.parametrize(
    ("model", "sent", "field"),
    [
        (Digest, {"facts": ["x"]}, "at"),
        (Digest, {"at": 5, "state": {"t": {"at": "now"}}}, "state.t.at"),
        (PeriodDigest, {"period": "week", "since": 1, "until": 2}, "period"),
        (PeriodDigest, {"p": "day", "f": 1, "e": 2, "r": [{"c": "d", "n": 1, "v": 1, "d": 1}]}, "readings.0"),
    ],
)  # fmt: skip
def test_another_shape_is_refused_by_name(model: type[Wire], sent: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=rf"^`{field}"):
        model.load(sent)
