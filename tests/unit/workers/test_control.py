"""workers/control.py"""

import asyncio
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memory.errors import StoreError
from workers.control import LINE_BYTES_MAX, SOCKET, ask, listening, text_of


async def echo(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"heard": text_of(request, "words")}


async def fail(_: Mapping[str, Any]) -> Mapping[str, Any]:
    raise StoreError("it is full", hint="make room")


async def disk(_: Mapping[str, Any]) -> Mapping[str, Any]:
    raise OSError("No space left on device")


async def ours(_: Mapping[str, Any]) -> Mapping[str, Any]:
    raise KeyError("directory")


DEEDS = {"echo": echo, "fail": fail, "disk": disk, "ours": ours}


async def asked(directory: Path, **request: Any) -> dict[str, Any]:
    return await asyncio.to_thread(ask, directory, request)


async def test_it_does_what_it_is_asked_and_answers(tmp_path: Path) -> None:
    async with listening(tmp_path, DEEDS):
        assert await asked(tmp_path, do="echo", words="ü" * 1000) == {"heard": "ü" * 1000}
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
    assert not (tmp_path / SOCKET).exists()


@pytest.mark.parametrize(
    ("do", "said", "hint"),
    [
        ("fail", "it is full", "make room"),
        ("disk", "No space left", "disk"),
        ("ours", "KeyError: 'directory'", "a fault of ours"),
        ("nothing", "no such request", "echo, fail, disk"),
    ],
)
async def test_what_fails_is_said_with_the_next_step(tmp_path: Path, do: str, said: str, hint: str) -> None:
    async with listening(tmp_path, DEEDS):
        with pytest.raises(StoreError, match=said) as refused:
            await asked(tmp_path, do=do)
        assert hint in refused.value.hint
        assert await asked(tmp_path, do="echo", words="still there") == {"heard": "still there"}


@pytest.mark.parametrize("words", [None, 5, "", ["x"], {"x": 1}])
async def test_what_lacks_a_field_or_has_a_wrong_one_is_said(tmp_path: Path, words: object) -> None:
    async with listening(tmp_path, DEEDS):
        with pytest.raises(StoreError, match="the request has no words") as refused:
            await asked(tmp_path, do="echo", words=words)
        assert "words" in refused.value.hint


async def test_who_says_too_much_is_hung_up_on_and_harms_nobody(tmp_path: Path) -> None:
    async with listening(tmp_path, DEEDS):
        with pytest.raises(StoreError, match="does not answer"):
            await asked(tmp_path, do="echo", words="x" * 2 * LINE_BYTES_MAX)
        assert await asked(tmp_path, do="echo", words="y") == {"heard": "y"}


async def test_where_nobody_listens_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not answer") as refused:
        await asked(tmp_path, do="echo", words="x")
    assert "stop it first" in refused.value.hint


async def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / SOCKET).touch()
    async with listening(tmp_path, DEEDS):
        assert await asked(tmp_path, do="echo", words="x") == {"heard": "x"}


async def test_a_directory_deeper_than_a_socket_may_be_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    async with listening(deep, DEEDS):
        assert await asked(deep, do="echo", words="x") == {"heard": "x"}
