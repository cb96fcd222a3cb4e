"""edge/observing.py, held to the model that the memory reads with."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import observing
from schemas.observation import Observation
from tests.wire.reading import exactly
from tests.wire.strategies import OBSERVATION_FIELDS, PLAIN, observation_fields

NAMES = sorted(OBSERVATION_FIELDS.keys() - {"at"})

WRONG: list[Any] = [
    "", "x" * 33, "x" * 65, "x" * 257, "é" * 4097, "a\nb", "a\ud83d", -1, 0, 1.5, 2**63, 10**400, True,
    float("nan"), float("inf"), b"x", [], ["t"] * 17, ["t", 5], ["t" * 65], ["a\x1b"], ("t",), {},
    {"a": "y" * 2048}, {5: 1}, {"a": 2**63}, {"a": [[[[[[[[[1]]]]]]]]]}, {"a": "\ud83d"}, object(),
]  # fmt: skip


def verdict(say: Callable[[], dict[str, Any]]) -> str:
    """The map, to the type of each number, or the refusal: of `meta` only that: pydantic names keys."""
    try:
        return exactly(say())
    except ValueError as refusal:
        return "`meta`" if str(refusal).startswith("`meta") else str(refusal)


def verdicts(sent: dict[str, Any]) -> tuple[str, str]:
    """What the device and the memory say of the same."""
    return (
        verdict(lambda: observing.fields(**sent)),
        verdict(lambda: Observation.load(sent).dump(short=True)),
    )


@given(observation_fields())
def test_what_is_in_order_is_the_map_that_the_model_sends(sent: dict[str, Any]) -> None:
    sent.pop("at", None)
    checked = observing.fields(**sent)
    assert exactly(checked) == exactly(Observation(**sent).dump(short=True))
    assert msgpack.packb(checked)
    observing.check(checked)


@given(
    observation_fields(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WRONG) | PLAIN, max_size=3)
)
def test_device_and_memory_refuse_the_same_in_the_same_words(
    sent: dict[str, Any], spoilt: dict[str, Any]
) -> None:
    sent.pop("at", None)
    here, there = verdicts(sent | spoilt)
    assert here == there


@pytest.mark.parametrize("name", NAMES)
def test_every_field_refuses_what_the_memory_would(name: str) -> None:
    for each in WRONG:
        here, there = verdicts({"text": "x", name: each})
        assert here == there


@pytest.mark.parametrize("given_", [{}, {"unit": "Cel", "id": 1}])
def test_an_observation_says_something(given_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one of `text` and `value`"):
        observing.fields(**given_)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ({}, "at least one of `text` and `value`"),
        ({"t": ""}, "`text`: must be 1 to 8192 bytes"),
        ({"v": 1, "w": -1}, "`importance`"),
        ({"v": 1, "m": {"x": "x" * 3000}}, "`meta`: .* 2048"),
        ({"v": 1, "g": ["a", 2]}, "`tags.1`"),
    ],
)
def test_what_is_under_short_keys_already_is_refused_by_its_field(made: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        observing.check(made)


def test_what_the_caller_changes_afterwards_is_not_what_was_observed() -> None:
    tags, meta = ["a"], {"rooms": ["kitchen"]}
    observed = observing.fields("x", tags=tags, meta=meta)
    tags.append("b")
    meta["rooms"].append("hall")
    assert (observed["g"], observed["m"]) == (["a"], {"rooms": ["kitchen"]})


def test_a_reading_counts_less_than_words_unless_it_says_otherwise() -> None:
    assert observing.importance_of(observing.fields("x")) == observing.IMPORTANCE_DEFAULT
    assert observing.importance_of(observing.fields(value=False)) == observing.READING_IMPORTANCE
    assert observing.importance_of(observing.fields(value=1, importance=0)) == 0
    assert observing.LOW <= observing.READING_IMPORTANCE < observing.ALARM


def test_new_ids_are_integers_that_every_encoding_carries() -> None:
    ids = {observing.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(Observation(id=each, text="x").id == each for each in ids)


def test_a_device_observes_without_pydantic_and_asyncio() -> None:
    asks = (
        "import sys, edge.observing as o; o.fields('x', tags=['a'], meta={'a': 1});"
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'pydantic_core', 'asyncio')))"
    )
    subprocess.run([sys.executable, "-c", asks], check=True, timeout=60)
