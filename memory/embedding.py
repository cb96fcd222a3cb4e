"""Texts in, vectors out: the port, the cache before the model, and the plan by which a batch is embedded.

A batch is sorted by length and cut into calls of a few hundred padded tokens: mixed lengths in one padded
call cost three times as much, and a short call lets other work in between.
"""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from memory.records import Vector

CALL_TOKENS_MAX = 256
"""Padded tokens of one call of the model: 10 ms of a core. Twice that is no faster, and a query waits."""
CALL_TEXTS_MAX = 32
_CHARACTERS_PER_TOKEN = 4
_TOKENS_MAX = 256
"""The model reads no more of a text."""


Begun = Callable[[], object]
"""Called in a lane's thread, where somebody waits for the beginning."""


class Model(Protocol):
    """A sentence encoder, called in a thread; may be called by several at once."""

    name: str
    precision: str
    dimension: int

    def encode(self, texts: Sequence[str], begun: Begun | None = None, /) -> list[Vector]:
        """One unit-length vector of float32, shape (dimension,), for each text, in order.

        `begun` is called right before what needs no interpreter, by a model that can say when that is.
        """


class _Job:
    """The calls of one `embed`, worked off by any lane."""

    def __init__(self, calls: int, loop: asyncio.AbstractEventLoop, begun: Begun | None) -> None:
        self.vectors: dict[str, Vector] = {}
        self._begun = None if begun is None else partial(loop.call_soon_threadsafe, begun)
        self.done: asyncio.Future[None] = loop.create_future()
        self._left = calls
        self._loop = loop

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits: not after a call failed, or the waiting was given up."""
        return not self.done.done()

    def work_off(self, model: Model, call: list[str]) -> None:
        """In a lane's thread: embeds one call, and tells the loop."""
        try:
            self.vectors.update(zip(call, model.encode(call, self._begun), strict=True))
        except Exception as error:  # noqa: BLE001 - whoever awaits the job gets it
            self._loop.call_soon_threadsafe(self._fail, error)
        else:
            self._loop.call_soon_threadsafe(self._finish_one)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def _finish_one(self) -> None:
        self._left -= 1
        if not self._left and not self.done.done():
            self.done.set_result(None)


class Embedder:
    """Embeds on threads of its own, with a cache: sensors repeat themselves."""

    def __init__(
        self, model: Model, *, threads: int, cache_texts_max: int, parallel: Callable[[], int] | None = None
    ) -> None:
        """`parallel` says, before each call of the model, how many may be under way; default: all threads."""
        self.model = model
        self.hits = 0
        self.misses = 0
        self._parallel = parallel or (lambda: threads)
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="embed")
        self._lock = threading.Lock()
        self._calls: deque[tuple[_Job, list[str]]] = deque()
        self._lanes: set[int] = set()
        """Those that work; a lane that finds nothing to do ends under the lock, so none is missed."""
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._cache_texts_max = cache_texts_max

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text, in order; equal texts are embedded once."""
        return await self._embed(texts, None)

    async def begin(self, texts: Sequence[str]) -> "asyncio.Task[list[Vector]]":
        """The same, under way: returns once the model computes, or waits for its turn, or is done.

        A search in an embedded store holds the interpreter for milliseconds, and a thread that still needs
        that to begin would wait as long; computing, it goes on beside it.
        """
        begun = asyncio.Event()
        embedding = asyncio.create_task(self._embed(texts, begun.set), name="embed a question")
        embedding.add_done_callback(lambda done: done.cancelled() or done.exception())  # else it is logged
        embedding.add_done_callback(lambda _: begun.set())
        try:
            await begun.wait()
        except BaseException:
            embedding.cancel()
            raise
        return embedding

    async def _embed(self, texts: Sequence[str], begun: Begun | None) -> list[Vector]:
        found = self._recalled(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        self.hits += len(texts) - len(missing)
        self.misses += len(missing)
        if missing:
            found.update(await self._embed_all(missing, begun))
            self._remember(found, missing)
        return [found[text] for text in texts]

    def _recalled(self, texts: Sequence[str]) -> dict[str, Vector]:
        found = {}
        for text in texts:
            if text in self._cache:
                self._cache.move_to_end(text)
                found[text] = self._cache[text]
        return found

    def forget(self, texts: Iterable[str]) -> int:
        """Takes texts out of the cache; how many were there."""
        return sum(self._cache.pop(text, None) is not None for text in texts)

    def close(self) -> None:
        """Lets the calls under way end, and starts no more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _embed_all(self, texts: Sequence[str], begun: Begun | None) -> dict[str, Vector]:
        calls = plan_calls(texts)
        job = _Job(len(calls), asyncio.get_running_loop(), begun)
        with self._lock:
            self._calls.extend((job, call) for call in calls)
            idle = set(range(self._threads)) - self._lanes
            for lane in idle:
                self._lanes.add(lane)
                self._executor.submit(self._work_off, lane)
        if not idle and begun is not None:
            begun()
        await job.done
        return job.vectors

    def _work_off(self, lane: int) -> None:
        """A thread's part: call after call, and no way back to the loop, which may be storing meanwhile."""
        while True:
            with self._lock:
                if not self._calls or (lane > 0 and lane >= self._parallel()):
                    self._lanes.discard(lane)
                    return
                job, call = self._calls.popleft()
            if job.wanted:
                job.work_off(self.model, call)

    def _remember(self, found: dict[str, Vector], missing: Sequence[str]) -> None:
        for text in missing:
            self._cache[text] = found[text]
        while len(self._cache) > self._cache_texts_max:
            self._cache.popitem(last=False)


def plan_calls(texts: Sequence[str]) -> list[list[str]]:
    """The texts in calls of like lengths, shortest call first."""
    calls: list[list[str]] = []
    for text in sorted(texts, key=len):
        tokens = min(_TOKENS_MAX, len(text) // _CHARACTERS_PER_TOKEN + 2)
        # Sorted: the newest text is the longest, and all of its call are padded to it.
        if not calls or len(calls[-1]) >= CALL_TEXTS_MAX or (len(calls[-1]) + 1) * tokens > CALL_TOKENS_MAX:
            calls.append([])
        calls[-1].append(text)
    return calls
