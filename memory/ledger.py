"""What is kept beside the store, in SQLite: which observations were counted in another memory, which memory a
repeat would be counted in, what is to be condensed because something came for it, and which readings that are
still there a summary tells already.

Of what was said it holds digests alone. `synchronous=FULL`: what `write` returned from survives a power cut.
A ledger that is lost costs no memory: repeats begin new ones, and a resend of a merged one is counted again.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from memory.portions import Arrivals, Pace, Portion, portion_of
from memory.records import Repeated
from memory.repeats import Standing
from memory.sqlite_file import SqliteFile, execute_for_all, marks
from schemas.identity import packed, unpacked

ASKED_MAX = 500
"""Keys of one statement: SQLite takes a thousand at least."""
PORTIONS_KEPT = 8192
"""Whose rows are known: what comes for a portion comes every second of its hour. Some 4 MB."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS standings (
    slot BLOB PRIMARY KEY,
    memory BLOB NOT NULL,
    says BLOB NOT NULL,
    number REAL,
    span INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    first REAL NOT NULL,
    at REAL NOT NULL,
    expires REAL,
    written REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS standings_of_a_memory ON standings (memory);
CREATE INDEX IF NOT EXISTS standings_in_time ON standings (written) WHERE span;
CREATE TABLE IF NOT EXISTS merged (
    observation BLOB PRIMARY KEY,
    memory BLOB NOT NULL,
    written REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS merged_in_time ON merged (written);
CREATE TABLE IF NOT EXISTS counted (
    reading BLOB NOT NULL,
    told REAL NOT NULL,
    seen INTEGER NOT NULL,
    written REAL NOT NULL,
    PRIMARY KEY (reading, told)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counted_in_time ON counted (written);
CREATE TABLE IF NOT EXISTS looked_through (
    what TEXT PRIMARY KEY,
    after TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due (
    portion TEXT PRIMARY KEY,
    ends REAL NOT NULL,
    count INTEGER NOT NULL,
    oldest REAL NOT NULL,
    newest REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due_in_time ON due (ends, newest);
CREATE TABLE IF NOT EXISTS changed (
    tenant TEXT NOT NULL,
    entity TEXT NOT NULL,
    since REAL NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (tenant, entity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS untold (
    memory BLOB PRIMARY KEY,
    seen INTEGER NOT NULL,
    first REAL NOT NULL,
    at REAL NOT NULL,
    expires REAL
) WITHOUT ROWID;
"""
Entity = tuple[str, str]
"""A tenant, and an entity of it."""
_COLUMNS = "slot, memory, says, number, span, seen, first, at, expires"
_COUNT = "INSERT OR REPLACE INTO counted VALUES {rows}"
_TOLD = "DELETE FROM untold WHERE (memory, seen) IN (VALUES {rows})"
_STAND = f"INSERT OR REPLACE INTO standings ({_COLUMNS}, written) VALUES {{rows}}"  # noqa: S608
_MERGE = "INSERT OR REPLACE INTO merged VALUES {rows}"
_TELL = "INSERT OR REPLACE INTO untold VALUES {rows}"
_ARRIVE = (
    "INSERT INTO due VALUES {rows} ON CONFLICT (portion) DO UPDATE SET count = count + excluded.count,"
    " oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)"
)
_DUE = (
    "SELECT portion, count, oldest, newest FROM due WHERE ends <= :ended AND ("
    " newest <= CASE ends WHEN 0 THEN :silent ELSE :ended END"
    " OR (ends = 0 AND count >= :count) OR oldest <= :aged)"
)
_TEXTS_OF = (
    "json_extract(portion, '$[4]') IS NULL"
    " AND json_extract(portion, '$[0]') IN (SELECT value FROM json_each(:tenants))"
)
"""Of a portion's key (`Portion.key`): no device, and whose it is."""
_CHANGE = "INSERT INTO changed VALUES {rows} ON CONFLICT DO UPDATE SET at = excluded.at"


@dataclass(slots=True)
class Entry:
    """What is written together, or not at all."""

    standings: Mapping[bytes, Standing] = field(default_factory=dict)
    """By slot."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Of observations: in which memory each was counted."""
    repeats: Sequence[Repeated] = ()
    """What the store is told next; until that is safe, the ledger knows that it may not be."""
    told: Sequence[Repeated] = ()
    """What the store was told, safe by now."""
    arrivals: Mapping[Portion, Arrivals] = field(default_factory=dict)
    """What came for portions."""
    changed: Collection[Entity] = ()
    """Whose memories are others now."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """Readings that stay although a summary counts them: how often each was said by then."""
    counted_at: float = 0.0
    """When that summary was made (its `received`)."""


class Ledger:
    """A file. Its methods block, and raise StoreError when it cannot be used."""

    def __init__(self, file: Path) -> None:
        self._sqlite = SqliteFile(file, "the ledger", _SCHEMA)
        self._looking_up = SqliteFile(file, "the ledger", _SCHEMA)
        """One of its own: what ingest looks up waits for no write."""

    def merged(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of some observations that were counted in another memory: in which.

        Where that was counted in a summary and thinned, it is the summary.
        """
        counted_in = self._merged(ids)
        thinned = self._merged(list(set(counted_in.values())))
        return {each: thinned.get(memory, memory) for each, memory in counted_in.items()}

    def counted(self, ids: Sequence[str], told: float) -> dict[str, int]:
        """Those of some readings that a summary counts which was made at an instant: how often each."""
        rows = self._asked(
            "SELECT reading, told, seen FROM counted WHERE reading IN", [packed(each) for each in ids]
        )
        found: dict[str, int] = {}
        for reading, told_at, seen in rows:
            if told_at <= told:
                found[unpacked(reading)] = max(seen, found.get(unpacked(reading), 0))
        return found

    def count(self, seen: Mapping[str, int], told: float, now: float) -> None:
        """A summary that is made at an instant counts readings so often; it need not be there yet."""
        with self._sqlite.writing() as connection:
            rows = [(packed(each), told, often, now) for each, often in seen.items()]
            execute_for_all(connection, _COUNT, rows)

    def uncount(self, ids: Sequence[str]) -> None:
        """No summary counts these readings any more: it is gone."""
        with self._sqlite.writing() as connection:
            rows = [(packed(each),) for each in ids]
            execute_for_all(connection, "DELETE FROM counted WHERE reading IN (VALUES {rows})", rows)

    def _merged(self, ids: Sequence[str]) -> dict[str, str]:
        query = "SELECT observation, memory FROM merged WHERE observation IN"
        rows = self._asked(query, [packed(each) for each in ids])
        return {unpacked(observation): unpacked(memory) for observation, memory in rows}

    def _asked(self, query: str, keys: Sequence[bytes]) -> list[tuple[Any, ...]]:
        """The rows of a query that ends in `IN`, for all keys, as many at a time as SQLite takes."""
        found: list[tuple[Any, ...]] = []
        with self._looking_up.reading() as connection:
            for start in range(0, len(keys), ASKED_MAX):
                some = keys[start : start + ASKED_MAX]
                found += connection.execute(f"{query} ({marks(len(some))})", some)
        return found

    def standings(self, slots: Sequence[bytes]) -> dict[bytes, Standing]:
        """What stands in those of some slots that are taken."""
        rows = self._asked(f"SELECT {_COLUMNS} FROM standings WHERE slot IN", slots)  # noqa: S608
        return {slot: Standing(unpacked(memory), *rest) for slot, memory, *rest in rows}

    def untold(self) -> list[Repeated]:
        """The repeats that the store may not know of: a process ended between writing the two."""
        with self._sqlite.reading() as connection:
            rows = connection.execute("SELECT memory, seen, first, at, expires FROM untold")
            return [Repeated(unpacked(memory), *rest) for memory, *rest in rows]

    def write(self, entry: Entry, now: float) -> None:
        """Writes all of an entry, or nothing."""
        written: dict[str, list[tuple[object, ...]]] = {
            _TOLD: [(packed(each.id), each.seen) for each in entry.told],
            _STAND: [
                (slot, packed(s.memory), s.says, s.number, s.span, s.seen, s.first, s.at, s.expires, now)
                for slot, s in entry.standings.items()
            ],
            _MERGE: [(packed(each), packed(memory), now) for each, memory in entry.merged.items()],
            _TELL: [(packed(r.id), r.seen, r.first, r.at, r.expires) for r in entry.repeats],
            _COUNT: [(packed(each), entry.counted_at, seen, now) for each, seen in entry.counted.items()],
            _ARRIVE: [
                (*_key_and_end(portion), came.count, came.oldest, came.newest)
                for portion, came in entry.arrivals.items()
            ],
            _CHANGE: [(*entity, now, now) for entity in entry.changed],
        }
        with self._sqlite.writing() as connection:
            for statement, rows in written.items():
                # In the order of their keys, which are random: of a long table this takes half the time.
                execute_for_all(connection, statement, sorted(rows, key=itemgetter(0)))

    def due(
        self,
        now: float,
        pace: Pace,
        limit: int,
        *,
        texts_of: str | None = None,
        but_texts_of: Collection[str] = (),
    ) -> dict[Portion, Arrivals]:
        """For which portions something came, of those that may be ripe by now (`portions.is_ripe`).

        Those for which nothing came for longest are first. Of one tenant's texts alone, or of all but some
        tenants' texts.
        """
        whose = but_texts_of if texts_of is None else [texts_of]
        asked = f"AND {'NOT' if texts_of is None else ''} ({_TEXTS_OF})" if whose else ""
        with self._sqlite.reading() as connection:
            rows = connection.execute(
                f"{_DUE} {asked} ORDER BY newest LIMIT :limit",
                {
                    "ended": now - pace.grace_s,
                    "silent": now - pace.silence_s,
                    "count": pace.count,
                    "aged": now - pace.age_s,
                    "limit": limit,
                    "tenants": json.dumps([*whose]),
                },
            )
            return {portion_of(portion): Arrivals(*came) for portion, *came in rows}

    def due_count(self) -> int:
        """For how many portions something came, ripe or not."""
        with self._sqlite.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM due").fetchone()[0])

    def condensed(self, portion: Portion, came: Arrivals) -> None:
        """Nothing is due of a portion but what came after these."""
        with self._sqlite.writing() as connection:
            connection.execute(
                "UPDATE due SET count = count - ?, oldest = newest WHERE portion = ?",
                (came.count, portion.key),
            )
            connection.execute("DELETE FROM due WHERE portion = ? AND count <= 0", (portion.key,))

    def changed(self, before: float, limit: int) -> list[tuple[Entity, float]]:
        """Whose memories began to change before an instant, and when they did last; the first first."""
        with self._sqlite.reading() as connection:
            rows = connection.execute(
                "SELECT tenant, entity, at FROM changed WHERE since <= ? ORDER BY since LIMIT ?",
                (before, limit),
            )
            return [((tenant, entity), at) for tenant, entity, at in rows]

    def settled(self, entity: Entity, at: float) -> None:
        """Of an entity that changed last at an instant, everybody was told."""
        with self._sqlite.writing() as connection:
            connection.execute(
                "DELETE FROM changed WHERE tenant = ? AND entity = ? AND at = ?", (*entity, at)
            )

    def let_go(self, memories: Sequence[str]) -> None:
        """Nothing is counted in these any more: they were forgotten, or say something else now."""
        with self._sqlite.writing() as connection:
            rows = [(packed(each),) for each in memories]
            execute_for_all(connection, "DELETE FROM standings WHERE memory IN (VALUES {rows})", rows)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {version + 1}")

    def prune(self, standings_before: float, merged_before: float, limit: int) -> int:
        """Drops what was written before an instant, at most `limit` of each; how many.

        The standings of stable kinds stay.
        """
        with self._sqlite.writing("pruned") as connection:
            dropped = [
                connection.execute(
                    f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608
                    f" (SELECT {key.strip('()')} FROM {table} WHERE written < ? {ending} LIMIT ?)",
                    (before, limit),
                ).rowcount
                for table, key, before, ending in (
                    ("standings", "slot", standings_before, "AND span"),
                    ("merged", "observation", merged_before, ""),
                    ("counted", "(reading, told)", merged_before, ""),
                )
            ]
        return sum(dropped)

    def drop_merged(self, limit: int) -> int:
        """Drops what was merged first, whenever that was; how many. Resends of it are counted once more."""
        with self._sqlite.writing("pruned") as connection:
            return connection.execute(
                "DELETE FROM merged WHERE observation IN"
                " (SELECT observation FROM merged ORDER BY written LIMIT ?)",
                (limit,),
            ).rowcount

    def bytes_used(self) -> int:
        """Of the file, without what is free in it."""
        return self._sqlite.bytes_used()

    def looked_through(self, what: str) -> str | None:
        """Up to which memory something was looked through; None: not begun, "": all of it."""
        with self._sqlite.reading() as connection:
            row = connection.execute("SELECT after FROM looked_through WHERE what = ?", (what,)).fetchone()
            return None if row is None else str(row[0])

    def look_further(self, what: str, after: str) -> None:
        """Something was looked through up to a memory; "": all of it."""
        with self._sqlite.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO looked_through VALUES (?, ?)", (what, after))

    def version(self) -> int:
        """Another number when somebody has let go of memories (`let_go`): what was read may not stand."""
        with self._looking_up.reading() as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def copy_to(self, file: Path) -> None:
        """A whole copy, while others go on writing."""
        self._sqlite.copy_to(file)

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        self._sqlite.close()
        self._looking_up.close()


@lru_cache(maxsize=PORTIONS_KEPT)
def _key_and_end(portion: Portion) -> tuple[str, float]:
    span = portion.span
    return portion.key, 0.0 if span is None else span.end
