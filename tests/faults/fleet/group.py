"""Some devices in a process that is killed, started again, and robbed of what its disk had not taken."""

import asyncio
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.fleet.__main__ import Told, line_of
from tests.faults.fleet.account import Account
from tests.faults.torn_log import FRAME_HEADER_BYTES, LOG, End, log_end, torn

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-m", "tests.faults.fleet")
EMPTIED_BYTES = 1000 * (4096 + FRAME_HEADER_BYTES)
"""A log this long may be in the file in part, and SQLite syncs it before: nothing of it can be torn."""


class Recall(NamedTuple):
    """A question of one device, and what came of it."""

    device: int
    deadline_s: float
    seconds: float
    """Until the answer, but for those in which the machine let nobody in the process have a turn."""
    freshness: str
    entities: list[str]


class Group:
    """The devices of one process at a time, and their accounts."""

    def __init__(
        self, accounts: Sequence[Account], ports: Mapping[int, int], folder: Path, *, end: int, **common: Any
    ) -> None:
        """`ports` by device; `end`: how many observations each makes. `common` is for `live`."""
        self.accounts = {each.who.number: each for each in accounts}
        self._ports = ports
        self._folder = folder
        self._end = end
        self._common = common
        self._synced: dict[int, End] = {}
        self._process: asyncio.subprocess.Process | None = None
        self.recalls: list[Recall] = []
        self.counts: Counter[str] = Counter()

    async def start(self, *, frugal: bool = True) -> None:
        """Wakes the devices; they go on where they were. Not `frugal`: with a new month's volume."""
        told = [self._told(account, frugal=frugal) for account in self.accounts.values()]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*PROGRAM, stdin=pipe, stdout=pipe, cwd=ROOT)
        assert self._process.stdin is not None
        self._process.stdin.write(line_of(told, **self._common))
        await self._process.stdin.drain()

    async def hear(self, until: str, lines_max: float = math.inf) -> bool:
        """Takes what it says, until it says `until`; False if it said so many lines before."""
        lines = 0
        while lines < lines_max:
            line = await self._said.readline()
            assert line, f"the devices ended before they {until}"
            lines += 1
            if self._take(line) == until:
                return True
        return False

    async def kill(self, drawn: random.Random) -> None:
        """Kills all of them at whatever they are doing; of some, what was not synced goes, too."""
        assert self._process is not None
        self._process.kill()
        await self._hear_rest()
        await self._process.wait()
        for account in self.accounts.values():
            account.dies()
            if account.who.loses_power:
                self._cut_power(account, drawn)

    async def drain(self) -> None:
        """Has all of it sent; returns when the process ended."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"drain\n")
        await self._hear_rest()
        assert await self._process.wait() == 0

    def end_now(self) -> None:
        """Ends it, if it is still there."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _folder_of(self, account: Account) -> Path:
        return self._folder / account.who.name

    def _told(self, account: Account, *, frugal: bool) -> Told:
        who = account.who
        drains = not (frugal and "bytes_per_hour" in who.options())
        port, folder = self._ports[who.number], str(self._folder_of(account))
        return Told(who.number, port, folder, account.next, self._end, drains, frugal)

    @property
    def _said(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    async def _hear_rest(self) -> None:
        while line := await self._said.readline():
            self._take(line)

    def _take(self, line: bytes) -> str:
        what, *said = json.loads(line)
        self.counts[what] += 1
        if said:
            self._enter(what, *said)
        return str(what)

    def _enter(self, what: str, number: int, *rest: Any) -> None:
        account = self.accounts[number]
        match what:
            case "begins":
                account.begins(*rest)
            case "says":
                account.says(rest[0])
            case "tells":
                account.tells(*rest[:3])
            case "recall":
                self.recalls.append(Recall(number, *rest))
            case "stats":
                drained, waiting, counts = rest
                account.drains(drained=drained, waiting=waiting, counts=counts)
        if what in ("says", "tells") and account.who.loses_power:
            self._synced[number] = End(*rest[-1])

    def _cut_power(self, account: Account, drawn: random.Random) -> None:
        """Whatever lies behind what was said to be kept reached the disk, or in part, or not."""
        log = self._folder_of(account) / LOG
        synced = self._synced.get(account.who.number)
        if synced is None or log.stat().st_size >= EMPTIED_BYTES:
            return
        found = log_end(log)
        whole = log.read_bytes()
        end = synced.offset if found.salt == synced.salt else 0
        self.counts["unsynced_bytes"] += found.offset - end
        log.write_bytes(torn(whole, end, drawn))
        self.counts["power_cuts"] += 1
