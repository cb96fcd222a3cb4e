"""examples/micropython on the real MicroPython and the real umqtt.simple: its WebAssembly port, in Node.js.

That port has no sockets. tests/examples/board lends it one: MicroPython itself, umqtt.simple and the example
run as on a board, and speak with a real broker.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from tests.examples.conftest import EXAMPLES, Example, Node, installed, umqtt

MAIN = EXAMPLES / "micropython"
BOARD = Path(__file__).parent / "board"


class Board:
    """A board whose flash is a folder."""

    def __init__(self, account: dict[str, str], place: Path) -> None:
        program = installed(BOARD, place) / "board.mjs"
        flash = place / "flash"
        self._node = Example((str(Node.found().node), str(program), str(flash)), {}, flash)
        self._flash = flash
        self._config = {
            "host": account["MQTT_HOST"], "port": int(account["MQTT_PORT"]), "user": account["MQTT_USER"],
            "password": account["MQTT_PASSWORD"], "client_id": account["MQTT_CLIENT_ID"],
            "entity": account["ENTITY"], "question": "free memory", "rounds": 1, "every_ms": 1,
        }  # fmt: skip
        (flash / "lib" / "umqtt").mkdir(parents=True)
        shutil.copy(umqtt(), flash / "lib" / "umqtt" / "simple.py")
        shutil.copy(MAIN / "main.py", flash)

    def run(self, **settings: object) -> list[list[str]]:
        """The lines that it prints, in words."""
        (self._flash / "config.json").write_text(json.dumps({**self._config, **settings}))
        ended = self._node.run()
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return [line.split(maxsplit=1) for line in ended.stdout.splitlines()]

    @property
    def outbox(self) -> Path:
        return self._flash / "outbox.json"


@pytest.fixture
def board(account: dict[str, str], tmp_path: Path) -> Board:
    return Board(account, tmp_path)


def test_it_observes_and_finds_the_answer_by_its_id(board: Board) -> None:
    *receipts, _, _, waiting = board.run(rounds=2)
    assert waiting == ["waiting", "0 dropped 0"]
    answers = [json.loads(said) for what, said in board.run() if what == "answer"]
    assert len(answers) == 1
    assert answers[0]["ok"] is True
    assert {match["attribute"] for match in answers[0]["matches"]} == {"free_memory"}
    assert receipts


@pytest.mark.usefixtures("_others")
def test_what_is_for_others_harms_nothing(board: Board) -> None:
    said = board.run()
    assert said[-1] == ["waiting", "0 dropped 0"]
    [answer] = [json.loads(words) for what, words in said if what == "answer"]
    assert answer["ok"] is True


def test_what_has_no_receipt_waits_on_flash_and_is_stored_once(
    board: Board, own_mosquitto: Mosquitto
) -> None:
    assert board.run(port=own_mosquitto.port, wait_ms=100)[-1] == ["waiting", "1 dropped 0"]
    kept = board.outbox.read_text()
    [lost] = json.loads(kept)

    said = board.run()
    receipts = [words for what, words in said if what == "receipt"]
    assert len(receipts) == 2
    assert f"{lost['id']} stored " in receipts
    assert said[-1] == ["waiting", "0 dropped 0"]

    board.outbox.write_text(kept)  # as if the power had gone before the receipt was noted
    assert ["receipt", f"{lost['id']} duplicate "] in board.run()


def test_without_a_network_it_goes_on_and_drops_the_oldest(board: Board, own_mosquitto: Mosquitto) -> None:
    own_mosquitto.kill()
    *away, waiting = board.run(port=own_mosquitto.port, rounds=3)
    assert away == [["away", "[Errno 111] ECONNREFUSED"]] * 3
    assert waiting == ["waiting", "3 dropped 0"]
