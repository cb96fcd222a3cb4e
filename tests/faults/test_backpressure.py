"""Promise: 100,000 messages against a slow embedder: ingest's memory stays bounded, the broker drops nothing,
the stats say how far behind it is; and when it is fast again, every message has its receipt.
"""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from broker_bridge.backlog import OUTGOING_MAX
from tests.conftest import Mosquitto, settings_on
from tests.faults.blaster import Blaster
from tests.faults.process import Process
from workers.settings import Settings

MESSAGES = 100_000
WARM_UP = 2_000
GROWTH_BYTES_MAX = 24 * 1024 * 1024
"""Of ingest's resident memory while it is behind: 2048 messages or 8 MiB in the inbox, two batches in the
embedder, two groups of 4096 observations that wait for their flush. All 100,000 would be some 50 MB."""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Mosquitto]:
    """The limits as we ship them; its statistics come every second."""
    broker = Mosquitto(tmp_path, sys_interval=1)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def slowed(wide: Mosquitto, model_cache: Path, tmp_path: Path) -> Iterator[Process]:
    settings = settings_on(wide, model_cache, tmp_path / "data")
    program = (sys.executable, "-m", "tests.faults.slowed")
    process = Process(settings, program, MEMBROKER_STATS_EVERY_S="0.2", PYTHONPATH=str(ROOT))
    process.start()
    yield process
    process.end(signal.SIGKILL)


def resident_bytes(pid: int, what: str) -> int:
    [line] = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{what}:")
    ]
    return int(line.split()[1]) * 1024


@pytest.mark.timeout(300)
def test_a_hundred_thousand_messages_against_a_slow_embedder(
    slowed: Process, wide: Mosquitto, tenant: str
) -> None:
    told: set[int] = set()
    stats: dict[str, float] = {}
    furthest = dict.fromkeys(("behind_s", "broker_messages_held", "unacknowledged_publications"), 0.0)
    broker: dict[str, int] = {}

    def take_receipts(payload: bytes) -> None:
        told.update(receipt["i"] for receipt in msgpack.unpackb(payload)["rs"])

    def take_stats(payload: bytes) -> None:
        stats.update(json.loads(payload)["gauges"])
        furthest.update({name: max(most, stats.get(name, 0.0)) for name, most in furthest.items()})

    def observations(first: int, count: int) -> Iterator[bytes]:
        return (msgpack.packb({"i": n, "t": f"note {n}"}) for n in range(first, first + count))

    obs, receipt = (f"mem/v1/{tenant}/{verb}/d/e" for verb in ("obs", "receipt"))
    with (
        Blaster.connected(wide.url, "device", receipt) as device,
        Blaster.connected(wide.url, "operator", "mem/v1/_sys/ingest/1/stats") as operator,
        Blaster.connected(wide.url, "held", "$SYS/broker/store/messages/count") as held,
        Blaster.connected(wide.url, "dropped", "$SYS/broker/publish/messages/dropped") as dropped,
    ):
        device.on_message, operator.on_message = take_receipts, take_stats
        held.on_message = lambda payload: broker.update(held=int(payload))
        dropped.on_message = lambda payload: broker.update(dropped=int(payload))
        device.publish(obs, observations(0, WARM_UP))
        device.wait(lambda: len(told) == WARM_UP)
        before = resident_bytes(slowed.pid, "VmRSS")

        slowed.send(signal.SIGUSR1)
        device.publish(obs, observations(WARM_UP, MESSAGES))
        device.wait(lambda: device.acknowledged == WARM_UP + MESSAGES)
        held.wait(lambda: broker.get("held", 0) > MESSAGES // 2)
        operator.wait(
            lambda: stats["inbox_messages"] >= Settings().inbox_messages_max and stats["behind_s"] >= 1
        )
        grown = resident_bytes(slowed.pid, "VmHWM") - before
        assert grown <= GROWTH_BYTES_MAX
        assert len(told) < WARM_UP + MESSAGES // 2, "it was not slow"

        slowed.send(signal.SIGUSR2)
        device.wait(lambda: len(told) == WARM_UP + MESSAGES)
        operator.wait(lambda: stats["behind_s"] == 0)
        assert broker.get("dropped", 0) == 0
    assert furthest["behind_s"] >= 1
    assert furthest["broker_messages_held"] >= MESSAGES // 4
    # Draining, too: receipts wait for the broker, which on 2.0.11 answers behind everything it holds.
    assert furthest["unacknowledged_publications"] <= OUTGOING_MAX
