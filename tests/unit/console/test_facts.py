"""Gathering looks, and opens nothing that somebody may hold."""

import fcntl
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from console import facts
from workers.settings import Settings

IDENTITY = {"contract": 1, "model": "m", "precision": "int8", "dimension": 384}


def make_store(data: Path) -> None:
    (data / "store" / "live").mkdir(parents=True)
    (data / "store" / "live" / "identity.json").write_text(json.dumps(IDENTITY))


def test_a_store_is_read_while_a_service_holds_it(tmp_path: Path) -> None:
    make_store(tmp_path)
    with (tmp_path / "store" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = facts.of_store(Settings(data=tmp_path))
    assert (found.fault, found.made_with) == (None, IDENTITY | {"language": None, "layout": 1})


def test_no_store_yet_has_no_identity_and_is_not_made(tmp_path: Path) -> None:
    found = facts.of_store(Settings(data=tmp_path / "later"))
    assert (found.fault, found.made_with) == (None, None)
    assert not (tmp_path / "later").exists()


def test_a_damaged_identity_is_a_fault(tmp_path: Path) -> None:
    make_store(tmp_path)
    (tmp_path / "store" / "live" / "identity.json").write_text("{torn")
    assert "identity.json cannot be read" in str(facts.of_store(Settings(data=tmp_path)).fault)


def test_a_directory_knows_its_room_and_its_secrets(tmp_path: Path) -> None:
    accounts = tmp_path / "broker" / "accounts.json"
    accounts.parent.mkdir()
    accounts.touch(0o600)
    found = facts.of_directory(Settings(data=tmp_path))
    assert found.fault is None
    assert found.free_bytes is not None
    assert found.free_bytes > 0
    assert found.secrets == {str(accounts): 0o600}


def test_a_file_where_the_directory_should_be_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is no directory" in str(facts.of_directory(Settings(data=tmp_path / "file")).fault)


def test_a_model_that_was_not_fetched_is_not_ready(tmp_path: Path) -> None:
    found = facts.of_model(Settings(model_cache=tmp_path), deep=True)
    assert (found.ready, found.made, list(found.checks)) == (False, None, [])


def test_a_name_that_is_no_model_is_a_fault(tmp_path: Path) -> None:
    found = facts.of_model(Settings(model_cache=tmp_path, model="a b"), deep=False)
    assert "no model name" in str(found.fault)


@contextmanager
def answering(status: int, body: object) -> Iterator[tuple[str, list[str | None]]]:
    """A server that gives one answer to all, and the keys it was asked with."""
    keys: list[str | None] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers["api-key"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", keys
        finally:
            server.shutdown()
            thread.join()


def collection(metadata: object) -> object:
    return {"result": {"config": {"metadata": metadata}}}


def test_a_server_tells_the_identity_of_our_collection() -> None:
    with answering(200, collection({"membroker": IDENTITY})) as (url, keys):
        found = facts.of_store(Settings(store=url, store_api_key="k-1"))
    assert (found.fault, found.made_with, found.is_server) == (None, IDENTITY, True)
    assert keys == ["k-1"]


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (404, {}, None),
        (401, {}, "it answers 401"),
        (200, collection(None), "not ours"),
        (200, collection({}), "not ours"),
        (200, [], "not ours"),
    ],
)
def test_a_server_without_our_collection(status: int, body: object, fault: str | None) -> None:
    with answering(status, body) as (url, _):
        found = facts.of_store(Settings(store=url))
    assert found.made_with is None
    assert (found.fault is None) if fault is None else (fault in str(found.fault))


def test_a_server_away_is_a_fault() -> None:
    found = facts.of_store(Settings(store="http://127.0.0.1:9"))
    assert "no answer" in str(found.fault)
