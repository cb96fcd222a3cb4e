"""edge/cache.py"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cache import ROW_BYTES, Cache
from edge.kept import Kept, answer_key

ANA, BEN, HOME = "home7/ana", "home7/ben", "home7/_all"
KEY = answer_key("recall", {"q": "tea"})


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = Cache(tmp_path / "cache.sqlite3", "acme")
    yield opened
    opened.close()


def keep(
    cache: Cache, entity: str, payload: bytes, at: float = 0.0, op: str = "recall", **asked: Any
) -> None:
    cache.keep_answer(entity, op, answer_key(op, asked or {"q": "tea"}), payload, at)


def test_a_digest_and_answers_are_kept_as_they_came(cache: Cache) -> None:
    cache.keep_digest(ANA, b"\x81\xa1a\x01", 1.0)
    keep(cache, ANA, b"old", 1.0)
    keep(cache, ANA, b"new", 2.0)
    keep(cache, ANA, b"other", 3.0, q="coffee")
    assert cache.digest(ANA, 9.0) == Kept("digest", b"\x81\xa1a\x01", 1.0)
    assert cache.answer(ANA, "recall", KEY, 9.0) == Kept("recall", b"new", 2.0)
    assert [kept.payload for kept in cache.answers(ANA, 9.0)] == [b"other", b"new"]
    assert cache.digest(BEN, 9.0) is cache.answer(BEN, "recall", KEY, 9.0) is None


def test_it_is_there_after_a_restart_and_not_for_another_tenant(cache: Cache, tmp_path: Path) -> None:
    keep(cache, ANA, b"tea")
    cache.close()
    other = Cache(tmp_path / "cache.sqlite3", "rival")
    assert other.answers(ANA, 1.0) == []
    other.forget(ANA)
    other.close()
    assert [kept.payload for kept in cache.answers(ANA, 1.0)] == [b"tea"]


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite3", "acme", answers_max=2)
    cache.keep_digest(ANA, b"digest", 0.0)
    for q in ("one", "two"):
        keep(cache, ANA, q.encode(), q=q)
    cache.answer(ANA, "recall", answer_key("recall", {"q": "one"}), 0.0)
    keep(cache, BEN, b"three", q="three")
    assert [kept.payload for kept in cache.answers(ANA, 0.0)] == [b"one"]
    assert [kept.payload for kept in cache.answers(BEN, 0.0)] == [b"three"]
    assert cache.digest(ANA, 0.0) is not None
    cache.close()


def test_it_stays_within_its_bytes_and_a_payload_beyond_them_is_counted(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite3", "acme", bytes_max=3 * (ROW_BYTES + 10))
    for n in range(6):
        keep(cache, f"home7/{n}", b"x" * 10)
    kept = [n for n in range(6) if cache.answers(f"home7/{n}", 0.0)]
    keep(cache, ANA, b"x" * 1000)
    assert (kept, cache.counts["too_large"]) == ([3, 4, 5], 1)
    assert [n for n in range(6) if cache.answers(f"home7/{n}", 0.0)] == kept
    cache.close()


def test_what_is_old_is_not_told_and_a_clock_that_is_behind_loses_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite3", "acme", age_s_max=10.0)
    keep(cache, ANA, b"tea", 1000.0)
    assert cache.answers(ANA, 1010.0)
    assert cache.answers(ANA, 5.0)
    assert cache.answers(ANA, 1011.0) == []
    assert cache.answer(ANA, "recall", KEY, 1011.0) is None
    cache.close()


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.parametrize("how", ["forget", "an empty digest"])
def test_what_is_forgotten_is_neither_in_the_file_nor_beside_it(
    cache: Cache, tmp_path: Path, how: str
) -> None:
    secret = b"the code of the safe is 4711 " * 400
    keep(cache, ANA, secret)
    cache.keep_digest(ANA, secret, 0.0)
    keep(cache, HOME, secret)
    keep(cache, BEN, b"ben likes tea")
    cache.keep_digest("home7", b"the household", 0.0)
    assert secret[:29] in on_disk(tmp_path)
    if how == "forget":
        cache.forget(ANA)
    else:
        cache.keep_digest(ANA, b"", 1.0)
    assert b"4711" not in on_disk(tmp_path)
    assert b"ben likes tea" in on_disk(tmp_path)
    assert cache.digest(ANA, 0.0) is None
    assert cache.answers(ANA, 0.0) == cache.answers(HOME, 0.0) == []
    assert cache.digest("home7", 0.0) is not None


ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from edge.cache import Cache
from edge.kept import answer_key

cache = Cache(Path(sys.argv[1]), "acme")
key = answer_key("recall", {"q": "tea"})
cache.keep_answer("home7", "recall", key, b"a secret", 0.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
assert cache.answer("home7", "recall", key, 0.0).payload == b"a secret"
cache.keep_answer("home7", "recall", key, b"x" * 100_000, 0.0)
assert cache.counts["away"] > 0
cache.forget("home7")
assert not cache.answers("home7", 0.0)
"""


def test_on_a_full_disk_it_reads_keeps_no_more_and_still_forgets(tmp_path: Path) -> None:
    script = [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "cache.sqlite3")]
    done = subprocess.run(script, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert b"a secret" not in on_disk(tmp_path)


ENTITIES = (ANA, BEN, "home7", "home8/ana")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("answer", "answer", "digest", "forget", "restart")),
        st.sampled_from(ENTITIES),
        st.integers(0, 3),
    ),
    max_size=30,
)


@given(STEPS)
def test_no_entity_is_told_a_byte_of_anothers(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    cache = Cache(
        tmp_path_factory.mktemp("cache") / "c", "acme", answers_max=5, bytes_max=8 * (ROW_BYTES + 12)
    )
    for verb, entity, n in steps:
        whose = f"<{entity}>".encode()
        match verb:
            case "answer":
                keep(cache, entity, whose, float(n), n=n)
                assert cache.answers(entity, 9.0)
            case "digest":
                cache.keep_digest(entity, whose, float(n))
                assert cache.digest(entity, 9.0) is not None
            case "forget":
                cache.forget(entity)
                assert cache.answers(entity, 9.0) == []
                assert cache.digest(entity, 9.0) is None
            case _:
                cache.close()
        for each in ENTITIES:
            told = [*cache.answers(each, 9.0), cache.digest(each, 9.0)]
            told += [cache.answer(each, "recall", answer_key("recall", {"n": k}), 9.0) for k in range(4)]
            assert {kept.payload for kept in told if kept} <= {f"<{each}>".encode()}
    cache.close()
