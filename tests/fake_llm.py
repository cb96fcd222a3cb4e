"""A server that speaks OpenAI's protocol as far as summaries need it, and answers as a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass
class Answer:
    """What is sent back; one that drips goes on with a byte now and then, and has no end."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False


def completion(content: str | None, usage: Any = {"total_tokens": 100}) -> Answer:  # noqa: B006 - read only
    """An answer of the model, as servers send it."""
    message = {"role": "assistant", "content": content}
    told = {
        "id": "c1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    return Answer(json.dumps(told if usage is None else told | {"usage": usage}).encode())


def gist(*sentences: tuple[str, list[int]], usage: Any = {"total_tokens": 100}) -> Answer:  # noqa: B006
    """An answer of the form asked for: sentences, and the numbers that each cites."""
    told = [{"text": text, "sources": sources} for text, sources in sentences]
    return completion(json.dumps({"sentences": told}), usage)


def observations(request: Request) -> list[dict[str, Any]]:
    """What a request shows the model."""
    found: list[dict[str, Any]] = json.loads(request["messages"][1]["content"])["observations"]
    return found


class FakeLlm:
    """A real HTTP server on loopback. `answer` says what a request gets; None: silence."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Callable[[Request], Answer | None] = lambda _request: gist()
        self.requests: list[Request] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()

    def answers(self, answer: Answer | None) -> None:
        """The same to every request."""
        self.answer = lambda _request: answer


@contextmanager
def serving() -> Iterator[FakeLlm]:
    """The server, on a free port."""

    class OfOne(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.requests.append(request | {"path": self.path})
            fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = fake.answer(request)
            if answer is None:
                fake.closing.wait()
                return
            self.send_response(answer.status)
            length = 1_000_000 if answer.drips else len(answer.body)
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(answer.body)
                while answer.drips and not fake.closing.wait(0.01):
                    self.wfile.write(b" ")
            except OSError:
                pass  # the client read enough

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), OfOne)
    server.daemon_threads = True
    fake = FakeLlm(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
