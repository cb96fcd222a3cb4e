"""workers/policies.py"""

import asyncio
from pathlib import Path

import pytest

from memory.keep_times import FOREVER
from workers import policies
from workers.policies import LivePolicies

DAY_S = 86_400.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policies.yaml"


def raw_s(live: LivePolicies) -> float:
    return live.of_kind("home", "reading").raw_s


def test_without_a_file_what_is_built_in_holds() -> None:
    live = LivePolicies(None)
    live.look()
    assert (raw_s(live), live.fault) == (7 * DAY_S, None)


def test_a_changed_file_holds_at_the_next_look(file: Path) -> None:
    file.write_text("defaults: {raw: 1 day}")
    live = LivePolicies(file)
    assert raw_s(live) == DAY_S
    file.write_text("defaults: {raw: 10 days, digest: json}")
    live.look()
    assert (raw_s(live), live.of_tenant("home").digest, live.fault) == (10 * DAY_S, "json", None)


def test_what_is_wrong_in_it_leaves_what_held_before(file: Path) -> None:
    file.write_text("defaults: {raw: 1 day}")
    live = LivePolicies(file)
    file.write_text("defaults: {raw: 1 daz}")
    live.look()
    assert raw_s(live) == DAY_S
    assert live.fault is not None
    assert live.fault.startswith("policies.yaml:1: defaults.raw: ")
    assert live.fault.endswith("Until it is mended what it said before holds")
    file.write_text("defaults: {raw: 2 days}")
    live.look()
    assert (raw_s(live), live.fault) == (2 * DAY_S, None)


@pytest.mark.parametrize("content", [None, b"defaults: {raw: 1 daz}", b"defaults:\n  \xff\n"])
def test_a_file_that_was_never_right_throws_nothing_away(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    live = LivePolicies(file)
    assert raw_s(live) == FOREVER
    assert live.fault is not None
    assert live.fault.endswith("Until it is mended nothing is removed")
    file.write_text("defaults: {raw: 2 days}")
    live.look()
    assert (raw_s(live), live.fault) == (2 * DAY_S, None)


def test_a_file_that_went_and_came_back_as_it_was_holds_again(file: Path) -> None:
    file.write_text("defaults: {raw: 1 day}")
    live = LivePolicies(file)
    aside = file.rename(file.with_suffix(".aside"))
    live.look()
    assert raw_s(live) == DAY_S
    assert live.fault is not None
    assert "cannot be read: No such file" in live.fault
    aside.rename(file)
    live.look()
    assert (raw_s(live), live.fault) == (DAY_S, None)


def test_bytes_that_are_no_text_are_told_by_line(file: Path) -> None:
    file.write_bytes(b"defaults:\n  raw: \xff\n")
    with pytest.raises(policies.PolicyFault, match=r"policies\.yaml:2: is not UTF-8"):
        policies.load(file)


async def test_who_runs_it_hears_what_is_wrong_and_that_it_is_mended(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "LOOK_S", 0.001)
    file.write_text("defaults: {raw: 1 daz}")
    live = LivePolicies(file)
    said: list[str | None] = []
    mended = asyncio.Event()

    def report(part: str, trouble: str | None) -> None:
        assert part == "policies"
        said.append(trouble)
        if trouble is None:
            mended.set()

    running = asyncio.create_task(live.run(report))
    while not said:
        await asyncio.sleep(0)
    file.write_text("defaults: {raw: 2 days}")
    await mended.wait()
    running.cancel()
    assert said[0] is not None
    assert raw_s(live) == 2 * DAY_S
