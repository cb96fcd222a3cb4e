"""workers/auditing.py"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.audit_log import AuditLog, Deed
from memory.errors import StoreError
from memory.records import Scope
from workers import auditing
from workers.auditing import NOTED_MAX, Auditing, AuditLimits

HOME = Scope("acme", "home7")


class Kept:
    """What was reported."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str | None]] = []
        self.heard = asyncio.Event()

    def __call__(self, part: str, trouble: str | None) -> None:
        self.said.append((part, trouble))
        self.heard.set()


@pytest.fixture
def report() -> Kept:
    return Kept()


@pytest.fixture
def audit(tmp_path: Path, report: Kept) -> Iterator[Auditing]:
    made = Auditing(AuditLog(tmp_path / "audit.sqlite3"), AuditLimits(days=365), report)
    yield made
    made.close()


def deed(at: float) -> Deed:
    return Deed(at, "acme", "home7", "phone", "recalled")


async def times(audit: Auditing) -> list[float]:
    return [each.at for each in await audit.read(HOME, None, None, 100)]


async def test_what_is_written_is_there_and_what_is_noted_when_it_settles(audit: Auditing) -> None:
    await audit.write([deed(1)])
    audit.note([deed(2)])
    assert await times(audit) == [1]
    await audit.settle()
    assert await times(audit) == [2, 1]
    await audit.settle()
    assert await times(audit) == [2, 1], "nothing is written twice"


async def test_what_is_noted_is_written_soon(
    audit: Auditing, report: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "WRITE_EVERY_S", 0.001)
    running = asyncio.create_task(audit.run())
    audit.note([deed(9e9)])
    report.heard.clear()
    await report.heard.wait()
    running.cancel()
    assert await times(audit) == [9e9]


async def test_old_deeds_are_pruned(audit: Auditing, report: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "WRITE_EVERY_S", 0.001)
    monkeypatch.setattr(auditing, "PRUNE_STEP", 2)
    await audit.write([*map(deed, range(5)), deed(9e9)])
    running = asyncio.create_task(audit.run())
    await report.heard.wait()
    running.cancel()
    assert await times(audit) == [9e9]


async def test_past_its_bytes_the_oldest_deeds_go_and_it_is_said(
    tmp_path: Path, report: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(auditing, "WRITE_EVERY_S", 0.001)
    monkeypatch.setattr(auditing, "PRUNE_STEP", 100)
    audit = Auditing(AuditLog(tmp_path / "audit.sqlite3"), AuditLimits(365, bytes_max=100_000), report)
    await audit.write([deed(9e9 + number) for number in range(3000)])
    running = asyncio.create_task(audit.run())
    await report.heard.wait()
    running.cancel()
    kept = [each.at - 9e9 for each in await audit.read(HOME, None, None, 9999)]
    assert kept == [*range(2999, 2999 - len(kept), -1)]
    assert 500 < len(kept) < 2000
    assert "raise audit_bytes_max" in caplog.text
    audit.close()


async def test_while_it_cannot_be_written_it_says_so_keeps_what_it_may_and_then_refuses(
    tmp_path: Path, report: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "WRITE_EVERY_S", 0.001)
    blocked = tmp_path / "no directory"
    blocked.write_text("a file stands where the directory should be")
    audit = Auditing(AuditLog(blocked / "audit.sqlite3"), AuditLimits(days=365), report)
    with pytest.raises(StoreError, match="cannot be written"):
        await audit.write([deed(1)])
    running = asyncio.create_task(audit.run())
    audit.note([deed(9e9)] * (NOTED_MAX - 1))
    await report.heard.wait()
    assert report.said[0][0] == "audit"
    assert "cannot be written" in (report.said[0][1] or "")
    audit.note([deed(9e9)])
    with pytest.raises(StoreError, match="audit log cannot be written") as refused:
        audit.note([deed(9e9)])
    assert "disk" in refused.value.hint

    blocked.unlink()
    while report.said[-1][1] is not None:
        report.heard.clear()
        await report.heard.wait()
    running.cancel()
    assert len(await audit.read(HOME, None, None, NOTED_MAX * 2)) == NOTED_MAX
    audit.note([deed(5)])
    audit.close()
