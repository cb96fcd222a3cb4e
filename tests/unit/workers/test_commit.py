"""workers/commit.py: no acknowledgement before the flush that makes it true."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from workers.commit import CommitLimits, GroupCommit

AN_HOUR_MS = 3_600_000


class Store:
    """Flushes when the test lets it, and writes down in which order what happened."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.released: list[str] = []
        self.asked = asyncio.Semaphore(0)
        """One for each flush that was begun."""
        self.may = asyncio.Semaphore(0)
        """One for each flush that may end."""
        self.told = asyncio.Event()
        self.faults = 0

    async def flush(self) -> None:
        """As ingest's: tries again until it succeeds."""
        while True:
            self.happened.append("flush begins")
            self.asked.release()
            await self.may.acquire()
            if not self.faults:
                break
            self.faults -= 1
            self.happened.append("flush fails")
        self.happened.append("flush ends")

    async def release(self, group: list[str]) -> None:
        self.happened.append("release " + " ".join(group))
        self.released += group
        self.told.set()

    def let(self, flushes: int = 1) -> None:
        for _ in range(flushes):
            self.may.release()

    async def next_release(self) -> list[str]:
        await self.told.wait()
        self.told.clear()
        return self.released


@pytest.fixture
def store() -> Store:
    return Store()


def commit_of(
    store: Store, *, wait_ms: int = AN_HOUR_MS, observations: int = 4, idle: bool = False
) -> GroupCommit[str]:
    limits = CommitLimits(wait_ms_max=wait_ms, observations_max=observations)
    return GroupCommit(limits, flush=store.flush, release=store.release, is_idle=lambda: idle)


@asynccontextmanager
async def running(commit: GroupCommit[str]) -> AsyncIterator[None]:
    task = asyncio.create_task(commit.run())
    yield
    assert not task.done(), task
    task.cancel()


async def settled() -> None:
    """Every task that could go on has: nothing here waits for anything but the test."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nothing_is_released_before_its_flush_returned(store: Store) -> None:
    commit = commit_of(store)
    async with running(commit):
        await commit.add("a", observations=4, stored_any=True)
        await store.asked.acquire()
        await settled()
        assert store.released == []
        assert commit.waiting_observations == 4
        store.let()
        assert await store.next_release() == ["a"]
        await settled()
        assert commit.waiting_observations == 0
    assert store.happened == ["flush begins", "flush ends", "release a"]


async def test_what_is_stored_while_a_flush_runs_waits_for_the_next_one(store: Store) -> None:
    commit = commit_of(store)
    async with running(commit):
        await commit.add("a", observations=4, stored_any=True)
        await store.asked.acquire()
        # Stored after the flush began: that flush promises nothing about it.
        await commit.add("b", observations=4, stored_any=True)
        store.let()
        assert await store.next_release() == ["a"]
        await store.asked.acquire()
        assert store.released == ["a"]
        store.let()
        assert await store.next_release() == ["a", "b"]
    assert commit.flushes == 2


async def test_several_batches_share_one_flush_and_keep_their_order(store: Store) -> None:
    commit = commit_of(store, observations=3)
    async with running(commit):
        for name in "abc":
            await commit.add(name, observations=1, stored_any=True)
        await store.asked.acquire()
        store.let()
        assert await store.next_release() == ["a", "b", "c"]
    assert commit.flushes == 1
    assert store.happened[-1] == "release a b c"


async def test_a_group_that_is_not_full_waits_for_more(store: Store) -> None:
    commit = commit_of(store, observations=3)
    async with running(commit):
        await commit.add("a", observations=1, stored_any=True)
        await commit.add("its duplicate", observations=1, stored_any=False)
        await settled()
        assert store.happened == []
        await commit.add("b", observations=1, stored_any=True)
        await store.asked.acquire()


@pytest.mark.parametrize(("wait_ms", "idle"), [(0, False), (AN_HOUR_MS, True)])
async def test_it_is_flushed_at_once_without_a_wait_or_when_nothing_more_is_coming(
    store: Store, wait_ms: int, *, idle: bool
) -> None:
    commit = commit_of(store, wait_ms=wait_ms, idle=idle, observations=100)
    store.let()
    async with running(commit):
        await commit.add("a", observations=1, stored_any=True)
        assert await store.next_release() == ["a"]


async def test_the_wait_counts_from_the_oldest_batch(store: Store) -> None:
    commit = commit_of(store, wait_ms=1, observations=100)
    store.let()
    async with running(commit):
        await commit.add("a", observations=1, stored_any=True)
        await commit.add("b", observations=1, stored_any=True)
        assert await store.next_release() == ["a", "b"]


async def test_duplicates_and_refusals_alone_need_no_flush(store: Store) -> None:
    commit = commit_of(store)
    async with running(commit):
        await commit.add("duplicates", observations=1, stored_any=False)
        assert await store.next_release() == ["duplicates"]
    assert (commit.flushes, store.happened) == (0, ["release duplicates"])


async def test_a_duplicate_never_overtakes_the_flush_of_its_original(store: Store) -> None:
    commit = commit_of(store)
    async with running(commit):
        await commit.add("original", observations=4, stored_any=True)
        await store.asked.acquire()
        await commit.add("duplicate", observations=1, stored_any=False)
        await settled()
        assert store.released == []
        store.let()
        await commit.drain()
    assert store.released == ["original", "duplicate"]


async def test_while_flushing_fails_nothing_is_released(store: Store) -> None:
    commit = commit_of(store)
    store.faults = 3
    async with running(commit):
        await commit.add("a", observations=4, stored_any=True)
        for _ in range(3):
            await store.asked.acquire()
            store.let()
            await settled()
            assert store.released == []
        await store.asked.acquire()
        store.let()
        assert await store.next_release() == ["a"]
    assert store.happened == [*["flush begins", "flush fails"] * 3, "flush begins", "flush ends", "release a"]


async def test_at_twice_a_group_the_next_batch_waits_only_until_there_is_room(store: Store) -> None:
    commit = commit_of(store, observations=4)
    async with running(commit):
        await commit.add("a", observations=6, stored_any=True)
        await store.asked.acquire()
        await commit.add("b", observations=2, stored_any=True)
        late = asyncio.ensure_future(commit.add("c", observations=1, stored_any=True))
        await settled()
        assert (late.done(), commit.waiting_observations) == (False, 8)
        store.let()
        # b is no full group and could wait for an hour; there is room nevertheless.
        await late
        assert (store.released, commit.waiting_observations) == (["a"], 3)
        store.let()
        await commit.drain()
    assert store.released == ["a", "b", "c"]


async def test_several_that_wait_for_room_all_come_in(store: Store) -> None:
    commit = commit_of(store, observations=1, wait_ms=0)
    names = [f"batch {number}" for number in range(20)]
    async with running(commit):
        adding = [asyncio.ensure_future(commit.add(name, observations=1, stored_any=True)) for name in names]
        store.let(len(names))
        await asyncio.gather(*adding)
        await commit.drain()
    assert sorted(store.released) == sorted(names)


async def test_draining_commits_at_once_and_returns_when_all_is_told(store: Store) -> None:
    commit = commit_of(store, observations=100)
    async with running(commit):
        await commit.add("a", observations=1, stored_any=True)
        draining = asyncio.ensure_future(commit.drain())
        await store.asked.acquire()
        await settled()
        assert not draining.done()
        store.let()
        await draining
        assert store.released == ["a"]
        # Afterwards it waits for a full group again.
        await commit.add("b", observations=1, stored_any=True)
        await settled()
        assert store.happened.count("flush begins") == 1


async def test_draining_nothing_returns_at_once(store: Store) -> None:
    commit = commit_of(store)
    async with running(commit):
        await commit.drain()
    assert store.happened == []


@pytest.mark.parametrize(
    ("idle", "observations", "released"), [(True, 4, ["a"]), (False, 4, []), (True, 3, [])]
)
async def test_half_a_group_is_enough_where_no_more_come(
    store: Store, *, idle: bool, observations: int, released: list[str]
) -> None:
    """However soon after the flush before: the first one here took so long that the next would wait."""
    commit = commit_of(store, observations=8, idle=idle)
    commit._spacing_until = asyncio.get_running_loop().time() + AN_HOUR_MS
    async with running(commit):
        await commit.add("a", observations=observations, stored_any=True)
        store.let()
        await settled()
        assert store.released == released
