"""How a command on the same machine asks the process that has the store: a Unix socket, one request a line.

    {"do": "backup", "directory": "/backups/monday"}  →  {"ok": true, …}  or  {"ok": false, "error", "hint"}

Whoever may open the socket may read the data directory anyway: it has the same rights, 0700 above it.
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from memory.errors import MemoryFault, StoreError

SOCKET = "control.sock"
LINE_BYTES_MAX = 64 * 1024
ANSWER_S_MAX = 3600.0
"""A backup of some ten million memories."""

log = logging.getLogger(__name__)

Do = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@asynccontextmanager
async def listening(directory: Path, deeds: Mapping[str, Do]) -> AsyncIterator[None]:
    """Does what it is asked, while the block runs. The caller has the store's lock: an old socket is dead."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await _answer(await reader.readline(), deeds)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass  # who asked is gone, or said more than a line may be
        finally:
            writer.close()

    (directory / SOCKET).unlink(missing_ok=True)
    with _short(directory) as path:
        server = await asyncio.start_unix_server(serve, path, limit=LINE_BYTES_MAX)
    (directory / SOCKET).chmod(0o600)
    try:
        yield
    finally:
        server.close()
        (directory / SOCKET).unlink(missing_ok=True)


async def _answer(line: bytes, deeds: Mapping[str, Do]) -> Mapping[str, Any]:
    try:
        request = json.loads(line)
        do = deeds[request["do"]]
    except (ValueError, TypeError, KeyError):
        return {"ok": False, "error": "no such request", "hint": f"one of {', '.join(deeds)}"}
    try:
        return {"ok": True, **await do(request)}
    except MemoryFault as fault:
        return {"ok": False, "error": fault.message, "hint": fault.hint}
    except OSError as error:
        return {"ok": False, "error": str(error), "hint": "check the disk's space and rights"}
    except Exception as error:
        log.exception("a fault of ours", extra={"action": "break", "doing": request["do"]})
        said = f"{type(error).__name__}: {error}"
        return {"ok": False, "error": said, "hint": "it is a fault of ours; the log has the rest"}


def text_of(request: Mapping[str, Any], name: str) -> str:
    """A text that a request has to have. Raises StoreError where it has none."""
    text = request.get(name)
    if not isinstance(text, str) or not text:
        raise StoreError(f"the request has no {name}", hint=f"add it, a text: {json.dumps({name: '…'})}")
    return text


def ask(directory: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Asks the process that has the store; blocks until it has answered.

    Raises:
        StoreError: nobody answers there, or what was asked failed.
    """
    try:
        with socket.socket(socket.AF_UNIX) as asking, _short(directory) as path:
            asking.settimeout(ANSWER_S_MAX)
            asking.connect(path)
            asking.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(asking.makefile("rb").readline() or b"null")
    except (OSError, ValueError) as error:
        raise _unanswered(directory, str(error)) from error
    if answer is None:
        raise _unanswered(directory, "it hung up")
    if not answer.pop("ok"):
        raise StoreError(answer["error"], hint=answer["hint"])
    return dict(answer)


def _unanswered(directory: Path, why: str) -> StoreError:
    return StoreError(
        f"the process that has the store in {directory} does not answer: {why}",
        hint="is it another version, or stopping? Try again, or stop it first",
    )


@contextmanager
def _short(directory: Path) -> Iterator[str]:
    """The socket's path by the directory's descriptor: the kernel takes 107 bytes, and folders are deep."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        by_descriptor = Path(f"/proc/self/fd/{descriptor}")
        yield str((by_descriptor if by_descriptor.exists() else directory) / SOCKET)
    finally:
        os.close(descriptor)
