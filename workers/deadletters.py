"""What was refused, kept for operators: in a file first, then told on a topic."""

import base64
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO
from uuid import uuid4

from broker_bridge import topics
from broker_bridge.codec import Encoding, Malformed, decode, encode
from memory.disk import sync
from schemas.limits import MESSAGE_BYTES_MAX
from schemas.service import DeadLetter
from schemas.wire import Invalid
from workers.intake import Refusal

KEPT_BYTES_MAX = MESSAGE_BYTES_MAX
"""Of one payload: what is larger was refused for being so, and its beginning tells whose it is."""
TOLD_CHARACTERS_MAX = 64 * 1024
"""Of base64 (a multiple of 4): some brokers let no larger packet through than the contract needs."""
_CURRENT = "current.jsonl"
_PREVIOUS = "previous.jsonl"
_LOCK = "lock"
_TOPIC = re.compile(rb'\{"letter":"[^"\\]*","at":[^,"]*,"topic":"([^"\\]*)"').match
"""How a line begins that we wrote; any other is decoded to be judged."""


class DeadLetters:
    """An append-only file of JSON lines; when it is full it becomes the previous one, and that is dropped."""

    def __init__(self, directory: Path, bytes_max: int) -> None:
        self._directory = directory
        self._bytes_max = bytes_max

    def keep(self, letters: list[DeadLetter]) -> None:
        """Appends, and returns when it is on disk. Raises OSError where it cannot be."""
        if letters:
            self._directory.mkdir(parents=True, exist_ok=True)
            with self._locked():
                self._append(letters)

    def remove(
        self,
        unwanted: Callable[[DeadLetter], bool],
        is_about: Callable[[str], bool] = lambda _topic: True,
    ) -> int:
        """Takes letters out, for good; how many. Blocks for some seconds where there are many.

        Only letters whose topic `is_about` are decoded. Others wait only while found ones are taken out.
        """
        if not self._directory.exists():
            return 0
        with ExitStack() as opened:
            with self._locked():  # for a moment: both files of one time, and no further than they are now
                files = [opened.enter_context(file.open("rb")) for file in self._files()]
                sizes = [os.fstat(file.fileno()).st_size for file in files]
            gone = {
                _mark(line)
                for file, size in zip(files, sizes, strict=True)
                for line in _lines(file, size)
                if (letter := _letter_about(line, is_about)) is not None and unwanted(letter)
            }
        if not gone:
            return 0
        with self._locked():
            return sum(_rewritten_without(gone, file) for file in self._files())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One at a time, of all processes: who removes writes the file anew."""
        with (self._directory / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for name in (_PREVIOUS, _CURRENT):
                _aside(self._directory / name).unlink(missing_ok=True)  # of one that was killed
            yield

    def _files(self) -> list[Path]:
        return [file for name in (_PREVIOUS, _CURRENT) if (file := self._directory / name).exists()]

    def _append(self, letters: list[DeadLetter]) -> None:
        file = self._directory / _CURRENT
        is_new, torn = not file.exists(), _ends_torn(file)
        with file.open("ab") as out:
            before = out.tell()
            try:
                out.write(b"\n" if torn else b"")
                out.writelines(encode(letter.dump(short=False), Encoding.JSON) + b"\n" for letter in letters)
                out.flush()
                os.fsync(out.fileno())
            except OSError:
                out.truncate(before)  # they are written again, and must not stand twice
                raise
            full = out.tell() > self._bytes_max
        if full:
            file.replace(self._directory / _PREVIOUS)
        if full or is_new:
            sync(self._directory)

    def __iter__(self) -> Iterator[DeadLetter]:
        """Oldest first; a torn line (power went while it was written) is passed over."""
        for file in self._files():
            with file.open("rb") as lines:
                yield from (letter for letter in map(_letter, lines) if letter is not None)


def _lines(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Those within the first bytes: what is kept meanwhile would be read for ever."""
    read = 0
    for line in file:
        read += len(line)
        if read > size:
            return
        yield line


def _letter_about(line: bytes, is_about: Callable[[str], bool]) -> DeadLetter | None:
    """A line's letter, if it is from a topic that is wanted; any other is not decoded."""
    begins = _TOPIC(line)
    if begins is None or is_about(begins[1].decode(errors="replace")):
        return _letter(line)
    return None


def _mark(line: bytes) -> bytes:
    """By which a line is known again, wherever it stands by then."""
    return sha256(line.rstrip(b"\n")).digest()


def _rewritten_without(gone: AbstractSet[bytes], file: Path) -> int:
    """How many letters of a file are gone; where none is it stays as it is."""
    with file.open("rb") as lines:
        found = {n for n, line in enumerate(lines) if _mark(line) in gone}
    if not found:
        return 0
    aside = _aside(file)
    with file.open("rb") as lines, aside.open("wb") as out:
        out.writelines(line for n, line in enumerate(lines) if n not in found)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
    sync(file.parent)
    return len(found)


def _aside(file: Path) -> Path:
    return file.with_suffix(".part")


def _ends_torn(file: Path) -> bool:
    if not file.exists() or file.stat().st_size == 0:
        return False
    with file.open("rb") as written:
        written.seek(-1, os.SEEK_END)
        return written.read(1) != b"\n"


def _letter(line: bytes) -> DeadLetter | None:
    try:
        return DeadLetter.load(decode(line.rstrip(b"\n")))
    except (Malformed, Invalid):
        return None


def dead_letter(topic: str, refusal: Refusal) -> DeadLetter:
    """The letter of one refusal on a topic."""
    kept = refusal.payload[:KEPT_BYTES_MAX]
    return DeadLetter(
        letter=uuid4().hex[:12],
        at=round(time.time(), 3),
        topic=topic,
        reason=refusal.reason,
        hint=refusal.hint,
        payload=base64.b64encode(kept).decode(),
        payload_bytes=len(refusal.payload),
        cut=True if len(kept) < len(refusal.payload) or not kept else None,
        traceback=refusal.traceback,
    )


def publication(letter: DeadLetter) -> tuple[str, bytes]:
    """The topic and payload by which operators hear of it; the file alone keeps large ones whole."""
    if len(letter.payload) > TOLD_CHARACTERS_MAX:
        told = {"payload": letter.payload[:TOLD_CHARACTERS_MAX], "cut": True}
        letter = letter.model_copy(update=told)
    return topics.dead_letter(letter.topic), encode(letter.dump(short=False), Encoding.JSON)
