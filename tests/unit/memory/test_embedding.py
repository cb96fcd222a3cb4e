"""memory/embedding.py"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embedding import CALL_TEXTS_MAX, CALL_TOKENS_MAX, Begun, Embedder, plan_calls
from memory.records import Vector

TEXTS = st.lists(st.text(max_size=1500) | st.integers(0, 3000).map(lambda size: "x" * size), max_size=80)


class LengthModel:
    """Says how long a text is, and remembers what it was asked, by which thread and how many at once."""

    name = "length"
    precision = "float32"
    dimension = 2

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.at_once_max = 0
        self.gate: threading.Event | None = None
        self._under_way = 0
        self._lock = threading.Lock()

    @property
    def encoded(self) -> list[str]:
        return [text for call in self.calls for text in call]

    def encode(self, texts: Sequence[str], begun: Begun | None = None) -> list[Vector]:
        with self._lock:
            self.calls.append(list(texts))
            self._under_way += 1
            self.at_once_max = max(self.at_once_max, self._under_way)
        if begun is not None:
            begun()
        if self.gate is not None:
            assert self.gate.wait(60)
        with self._lock:
            self._under_way -= 1
        return [vector_of(text) for text in texts]


def vector_of(text: str) -> Vector:
    return np.array([len(text), sum(map(ord, text)) % 997], dtype=np.float32)


@contextmanager
def embedding(
    model: LengthModel, *, threads: int = 1, cache: int = 100, parallel: Callable[[], int] | None = None
) -> Iterator[Embedder]:
    embedder = Embedder(model, threads=threads, cache_texts_max=cache, parallel=parallel)
    yield embedder
    embedder.close()


def tokens_of(text: str) -> int:
    """As the plan has to reckon: four characters a token and two marks, and the model reads 256 at most."""
    return min(256, len(text) // 4 + 2)


@given(TEXTS)
def test_every_text_is_in_one_call_as_often_as_it_was_given(texts: list[str]) -> None:
    assert Counter(text for call in plan_calls(texts) for text in call) == Counter(texts)


@given(TEXTS)
def test_a_call_is_padded_to_no_more_tokens_than_the_bound(texts: list[str]) -> None:
    for call in plan_calls(texts):
        assert 1 <= len(call) <= CALL_TEXTS_MAX
        assert len(call) == 1 or len(call) * max(map(tokens_of, call)) <= CALL_TOKENS_MAX


@given(TEXTS)
def test_calls_hold_texts_of_like_length_the_shortest_first(texts: list[str]) -> None:
    lengths = [len(text) for call in plan_calls(texts) for text in call]
    assert lengths == sorted(lengths)


@given(TEXTS)
def test_no_call_is_made_that_the_one_before_had_room_for(texts: list[str]) -> None:
    for before, after in pairwise(plan_calls(texts)):
        would_be = len(before) + 1
        assert would_be > CALL_TEXTS_MAX or would_be * tokens_of(after[0]) > CALL_TOKENS_MAX


@pytest.mark.parametrize("threads", [1, 3])
async def test_vectors_come_in_the_order_of_the_texts(threads: int) -> None:
    texts = [("word " * (number * 37 % 101)) + str(number) for number in range(200)]
    model = LengthModel()
    with embedding(model, threads=threads) as embedder:
        vectors = await embedder.embed(texts)
    assert len(model.calls) > 10
    assert all(np.array_equal(vector, vector_of(text)) for vector, text in zip(vectors, texts, strict=True))


async def test_equal_texts_are_embedded_once() -> None:
    model = LengthModel()
    with embedding(model) as embedder:
        vectors = await embedder.embed(["a", "bb", "a", "a"])
        assert sorted(model.encoded) == ["a", "bb"]
        assert [float(vector[0]) for vector in vectors] == [1.0, 2.0, 1.0, 1.0]
        await embedder.embed(["bb", "ccc"])
        assert sorted(model.encoded) == ["a", "bb", "ccc"]
        assert (embedder.hits, embedder.misses) == (3, 3)


async def test_of_nothing_nothing_is_asked() -> None:
    model = LengthModel()
    with embedding(model) as embedder:
        assert await embedder.embed([]) == []
    assert model.calls == []


async def test_the_cache_drops_what_was_used_longest_ago() -> None:
    model = LengthModel()
    with embedding(model, cache=2) as embedder:
        await embedder.embed(["a"])
        await embedder.embed(["b"])
        await embedder.embed(["a"])  # used again: now b is the oldest
        await embedder.embed(["c"])  # and goes
        model.calls.clear()
        await embedder.embed(["a", "c"])
        assert model.calls == []
        await embedder.embed(["b"])
        assert model.encoded == ["b"]


async def test_a_batch_larger_than_the_cache_is_answered_whole_and_the_cache_stays_within_its_bound() -> None:
    model = LengthModel()
    with embedding(model, cache=3) as embedder:
        texts = [f"text {number}" for number in range(50)]
        vectors = await embedder.embed(texts)
        assert [float(vector[0]) for vector in vectors] == [float(len(text)) for text in texts]
        model.calls.clear()
        await embedder.embed(texts)
        assert len(model.encoded) >= 47


async def test_calls_run_at_once_on_as_many_threads_as_are_allowed_and_no_more() -> None:
    for threads, allowed, expected in ((1, 1, 1), (2, 2, 2), (3, 2, 2), (3, 1, 1)):
        model = LengthModel()
        model.gate = threading.Event()
        with embedding(model, threads=threads, parallel=lambda allowed=allowed: allowed) as embedder:
            working = asyncio.ensure_future(
                embedder.embed(["x" * 1000 + str(number) for number in range(12)])
            )
            while len(model.calls) < expected:
                await asyncio.sleep(0)
            model.gate.set()
            await working
        assert model.at_once_max == expected
        assert len(model.encoded) == 12


async def test_when_a_lane_is_taken_away_the_first_finishes_alone() -> None:
    model = LengthModel()
    # Two lanes begin; from then on there is one.
    lanes = iter([2])
    with embedding(model, threads=2, parallel=lambda: next(lanes, 1)) as embedder:
        texts = ["x" * 1000 + str(number) for number in range(8)]
        vectors = await embedder.embed(texts)
    assert sorted(model.encoded) == sorted(texts)
    assert all(np.array_equal(vector, vector_of(text)) for vector, text in zip(vectors, texts, strict=True))


async def test_a_model_that_fails_is_said_to_and_nothing_wrong_is_remembered() -> None:
    class Broken(LengthModel):
        def encode(self, texts: Sequence[str], begun: Begun | None = None) -> list[Vector]:
            super().encode(texts, begun)
            raise RuntimeError("no memory")

    model: LengthModel = Broken()
    with embedding(model) as embedder:
        with pytest.raises(RuntimeError, match="no memory"):
            await embedder.embed(["a"])
        embedder.model = model = LengthModel()
        [vector] = await embedder.embed(["a"])
    assert np.array_equal(vector, vector_of("a"))
    assert model.encoded == ["a"]


async def test_after_closing_no_call_is_started() -> None:
    model = LengthModel()
    embedder = Embedder(model, threads=1, cache_texts_max=10)
    await embedder.embed(["a"])
    embedder.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        await embedder.embed(["b"])
    assert model.encoded == ["a"]


async def test_what_is_begun_is_under_way_before_it_is_awaited() -> None:
    model = LengthModel()
    model.gate = threading.Event()
    with embedding(model) as embedder:
        first = await embedder.begin(["a"])
        assert model.encoded == ["a"]
        second = await embedder.begin(["b"])  # no thread is free: it waits for its turn, and not here
        assert model.encoded == ["a"]
        model.gate.set()
        assert np.array_equal(await first, [vector_of("a")])
        assert np.array_equal(await second, [vector_of("b")])
        model.gate.clear()
        assert np.array_equal(await (await embedder.begin(["a"])), [vector_of("a")]), "it is known already"


async def test_what_cannot_begin_says_so_where_it_is_awaited() -> None:
    embedder = Embedder(LengthModel(), threads=1, cache_texts_max=10)
    embedder.close()
    beginning = await embedder.begin(["a"])
    with pytest.raises(RuntimeError, match="shutdown"):
        await beginning


async def test_who_is_cancelled_while_it_begins_leaves_nothing_behind() -> None:
    with embedding(LengthModel()) as embedder:
        beginning = asyncio.create_task(embedder.begin(["a"]))
        await asyncio.sleep(0)
        beginning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beginning
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        assert all(each.cancelled() for each in others)
        [vector] = await embedder.embed(["b"])
    assert np.array_equal(vector, vector_of("b"))
