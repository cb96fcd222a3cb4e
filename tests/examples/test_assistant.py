"""examples/assistant.py: a conversation that outlives its network, its process and its model."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.url import BrokerUrl
from edge.token_estimate import estimate
from tests.attacker import Attacker
from tests.broker.conftest import read_until
from tests.broker.guarded import Guarded
from tests.conftest import free_port
from tests.examples.conftest import EXAMPLES
from tests.fake_llm import Answer, completion, serving

ANSWER_S_MAX = 20.0
BUDGET = 120
DRINK = "My favourite drink is green tea"
ALLERGY = "I am allergic to peanuts"
WINDOW = "The window in the kitchen is broken"
CAT = "My cat is called Tom"
GRANTS = [(right, "house/#") for right in ("observe", "recall", "summary")]
TAKEN = "I will remember that."
NOTHING = "I know nothing of that."


class Relay:
    """What lies between a kiosk and its broker; a test cuts it."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self.port = free_port()
        self._listening: socket.socket | None = None
        self._open: list[socket.socket] = []

    def mend(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """From now on nothing passes, and nobody comes in."""
        if self._listening is not None:
            # A thread waits in accept, and would keep the port.
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(self._to)
                self._open += near, far
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError), closing(one):
        while some := one.recv(65536):
            other.sendall(some)
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def relay(guarded: Guarded) -> Iterator[Relay]:
    made = Relay(guarded.settings.port)
    made.mend()
    yield made
    made.cut()


class Talk:
    """One run of the assistant, as whom somebody types to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def say(self, line: str) -> str:
        """What it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return read_until(self._process.stdout, "\n", ANSWER_S_MAX).strip()

    def end(self) -> str:
        """Goodbye, as a pipe says it; returns what it said beside its answers."""
        said, beside = self._process.communicate(timeout=ANSWER_S_MAX)
        assert (said, self._process.returncode) == ("", 0), beside
        return beside


@dataclass(frozen=True, slots=True)
class House:
    """Its kiosks, and what the memory has of its people."""

    guarded: Guarded
    tenant: str
    folder: Path
    watch: Attacker

    def account(self, client: str) -> BrokerUrl:
        return self.guarded.add(f"{client}@{self.tenant}", "kiosk", *GRANTS)

    @contextmanager
    def talk(self, broker: BrokerUrl, client: str, person: str, *more: str) -> Iterator[Talk]:
        """The assistant, as it is started by hand."""
        command = [
            sys.executable, "-W", "error", str(EXAMPLES / "assistant.py"), "--tenant", self.tenant,
            "--client", client, "--person", person, "--folder", str(self.folder / client),
            "--patience", str(ANSWER_S_MAX), *more,
        ]  # fmt: skip
        with subprocess.Popen(
            command, env=os.environ | {"BROKER": broker.spelled()}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                yield Talk(process)
            finally:
                process.kill()

    def remembered(self, person: str, count: int) -> list[dict[str, Any]]:
        """What the memory has of somebody, once it is so many; in the order in which it was said."""
        give_up = time.monotonic() + ANSWER_S_MAX
        topic = f"mem/v1/{self.tenant}/query/watch/house/{person}"
        while True:
            found = self.watch.ask(topic, {"op": "recent", "limit": 100})["matches"]
            if len(found) >= count or time.monotonic() > give_up:
                return sorted(found, key=lambda match: match["seq"])
            time.sleep(0.05)


@pytest.fixture
def house(guarded: Guarded, tenant: str, tmp_path: Path) -> Iterator[House]:
    with guarded.client(f"watch@{tenant}", "kiosk", *GRANTS) as watch:
        yield House(guarded, tenant, tmp_path, watch)


def test_a_conversation_goes_on_while_the_network_is_cut(house: House, relay: Relay) -> None:
    hall = house.account("hall")
    said = [DRINK, ALLERGY, "what must I not eat?", WINDOW, "what is my favourite drink?"]
    said += ["what about the window?", CAT]
    with house.talk(replace(hall, port=relay.port), "hall", "ana") as talk:
        assert [talk.say(line) for line in said[:2]] == [TAKEN] * 2
        house.remembered("ana", 2)
        assert talk.say(said[2]) == f"I remember: {ALLERGY}"
        relay.cut()
        assert talk.say(said[3]).startswith(f"{TAKEN} (what I know is stale since 20")
        assert talk.say(said[4]).startswith(f"I remember: {DRINK} (what I know is stale since 20")
        assert talk.say(said[5]).startswith(f"I remember: {WINDOW} (what I know is stale since 20")
        relay.mend()
        talk.say(said[6])
        found = house.remembered("ana", len(said))
        assert "RuleBasedStandIn answers" in talk.end()
    assert [match["text"] for match in found] == said
    assert [match["kind"] for match in found] == [
        "preference", "fact", "turn", "turn", "turn", "turn", "fact",
    ]  # fmt: skip
    assert [found[n].get("attribute") for n in (0, 1, 2, 6)] == [
        "favourite drink", "allergic to peanuts", None, "cat",
    ]  # fmt: skip
    assert len({match["session"] for match in found}) == 1


def test_the_next_day_it_knows_the_person_and_nobody_else_does(house: House) -> None:
    hall, kitchen = house.account("hall"), house.account("kitchen")
    with house.talk(hall, "hall", "ana") as talk:
        talk.say(DRINK)
        house.remembered("ana", 1)
        talk.end()
    with house.talk(hall, "hall", "ana") as talk:
        assert talk.say("what is my favourite drink?") == f"I remember: {DRINK}"
        talk.end()
    with house.talk(kitchen, "kitchen", "ana") as talk:
        assert talk.say("what is my favourite drink?") == f"I remember: {DRINK}"
    with house.talk(hall, "hall", "ben") as talk:
        assert talk.say("what is my favourite drink?") == NOTHING
        assert talk.say("what is Ana's favourite drink?") == NOTHING


def test_what_is_said_without_a_network_waits_for_the_next_run(house: House, relay: Relay) -> None:
    hall = house.account("hall")
    relay.cut()
    with house.talk(replace(hall, port=relay.port), "hall", "ana") as talk:
        assert talk.say(DRINK) == f"{TAKEN} (what I know is local only)"
        assert talk.say("what is my favourite drink?").startswith(f"I remember: {DRINK} (")
        assert "2 of what you said wait in" in talk.end()
    with house.talk(hall, "hall", "ana") as talk:
        assert house.remembered("ana", 2)[0]["text"] == DRINK
        talk.end()


def test_a_model_is_told_what_is_remembered_within_the_budget(house: House) -> None:
    hall = house.account("hall")
    more = [f"the {n}th of many birds in the garden sang of tea" for n in range(30)]
    house.watch.publish(
        f"mem/v1/{house.tenant}/obs/watch/house/ana",
        [{"text": DRINK, "kind": "preference"}, *({"text": each, "importance": 0.1} for each in more)],
    )
    house.watch.next()
    with serving() as server:
        server.answers(completion("Green tea,\nwhat else?"))
        llm = ("--llm", server.url, "--model", "tiny", "--budget", str(BUDGET))
        with house.talk(hall, "hall", "ana", *llm) as talk:
            assert talk.say("which tea is my favourite drink?") == "Green tea, what else?"
            assert talk.say("are you sure?") == "Green tea, what else?"
            server.answers(Answer(status=500))
            away = talk.say("which tea is my favourite drink?")
            assert away.startswith(f"I remember: {DRINK} (the model is away, InternalServerError")
    first, second, _ = (request["messages"] for request in server.requests)
    fence, known = fenced(first)
    assert DRINK in known
    assert 0 < estimate(known) <= BUDGET
    assert f"</{fence}>" in first[0]["content"]
    assert "They are data" in first[0]["content"]
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert second[1]["content"] == "which tea is my favourite drink?"


def fenced(messages: list[dict[str, str]]) -> tuple[str, str]:
    """The fence of a prompt, and what stands within."""
    prompt = messages[-1]["content"]
    fence = prompt[1 : prompt.index(">")]
    return fence, prompt.split(f"<{fence}>\n")[1].split(f"\n</{fence}>")[0]
