"""What a device costs, and how fast it is: `python -m bench.device [FOLDER]` prints these rows alone.

FOLDER, by default the present one, is on the disk that is measured.
"""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from bench import device_wire
from bench.client import TENANT
from bench.device_wire import BATCH, CLIENT, TEXT
from bench.stack import Running, membroker_up
from bench.table import RUNS, Row, answers, median, say, table
from bench.texts import distinct_texts, questions
from broker_bridge.url import BrokerUrl
from edge import Device, Options

ALONE = 2_000
BATCHES = 500
REMEMBERED = 2_000
ASKED = 200
"""Questions a run: as many answers as a device keeps."""
OWN = 200
"""Observations that a device has in its working set, at most."""
WAIT_S_MAX = 60.0
ENTITY = "home8/study"
"""Of which nothing is remembered that is not said here."""
NOWHERE = "mqtt://127.0.0.1:1"
IN_MEMORY = {"tmpfs", "ramfs"}

Stages = dict[str, dict[str, float]]


def rows(folder: Path | None = None) -> list[Row]:
    """All of them; `folder` is on the disk to measure."""
    disk = folder or Path.cwd()
    logging.getLogger("edge").setLevel(logging.ERROR)  # a broker that is away is what we want here
    with membroker_up() as running:
        footprint, wire, recall = _footprint(running), _wire(running), _recall(running)
    return [*footprint, *_outbox(disk), *wire, *recall]


def _footprint(running: Running) -> list[Row]:
    say("a device's processes")
    sensors = [_stages(running, "sync") for _ in range(RUNS)]
    kiosks = [_stages(running, "async") for _ in range(RUNS)]

    def row(what: str, runs: list[Stages], stage: str, bar: str = "") -> Row:
        return (what, median([run[stage]["mb"] for run in runs], "MB"), bar)

    imports = median([run["imported"]["seconds"] for run in sensors], "s")
    return [
        ("import of edge.Device in a fresh process", imports, "≤ 0.4 s"),
        row("resident, Python alone", sensors, "python"),
        row("resident, edge.Device imported", sensors, "imported"),
        row("resident, Device, connected and idle", sensors, "idle", "≤ 35 MB"),
        row("resident, Device, 1,000 readings later", sensors, "observed", "≤ 35 MB"),
        row("resident, Device, after its first recall (loads pydantic)", sensors, "recalled"),
        row("resident, AsyncDevice, connected and idle", kiosks, "idle"),
        row("resident, AsyncDevice, after its first recall", kiosks, "recalled"),
    ]


def _stages(running: Running, how: Literal["sync", "async"]) -> Stages:
    script = str(Path(__file__).with_name("device_process.py"))
    with TemporaryDirectory() as folder:
        url = f"mqtt://{running.broker.username}:{running.broker.password}@127.0.0.1:{running.broker.port}"
        command = [sys.executable, script, how, url, TENANT, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_S_MAX)
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return {each.pop("stage"): each for each in told}


def _outbox(disk: Path) -> list[Row]:
    shown = subprocess.run(["df", "--output=fstype", disk], capture_output=True, text=True, check=True)
    kind = shown.stdout.split()[-1]
    if kind in IN_MEMORY:
        raise ValueError(f"{disk} is in memory ({kind}): name a folder on a disk")
    say(f"observing into the outbox, in {disk} ({kind})")
    syncs = [_syncs_per_s(disk) for _ in range(RUNS)]
    found: list[Row] = [(f"bare writes with fdatasync, {kind}, for comparison", median(syncs, "/s"), "")]
    meant = {"power": "fsync before each returns", "process": "no fsync; a power cut may take the last"}
    durabilities: tuple[Literal["power", "process"], ...] = ("power", "process")
    for durability in durabilities:
        runs = [_observed_per_s(disk, durability) for _ in range(RUNS)]
        bars = ("≥ 500", "≥ 5,000") if durability == "power" else ("", "")
        for each, (how, bar) in enumerate(zip(("one by one", f"in batches of {BATCH}"), bars, strict=True)):
            what = f"outbox, durability {durability} ({meant[durability]}), {how}"
            found.append((what, median([run[each] for run in runs], "obs/s"), bar))
    return found


def _syncs_per_s(disk: Path) -> float:
    """What the disk can do at most, an observation at a time; a virtual disk may answer for a cache."""
    with (
        TemporaryDirectory(prefix=".bench-", dir=disk) as folder,
        Path(folder, "file").open("wb") as file,
    ):
        began = time.perf_counter()
        for _ in range(ALONE):
            file.write(bytes(512))
            file.flush()
            os.fdatasync(file.fileno())
        return ALONE / (time.perf_counter() - began)


def _observed_per_s(disk: Path, durability: Literal["power", "process"]) -> tuple[float, float]:
    """Observations of 100 bytes of text a second, one by one and in batches; nobody is connected."""
    with (
        TemporaryDirectory(prefix=".bench-", dir=disk) as folder,
        _device(NOWHERE, folder, Options(durability=durability)) as device,
    ):
        began = time.perf_counter()
        for _ in range(ALONE):
            device.observe(TEXT)
        alone_s = time.perf_counter() - began
        began = time.perf_counter()
        for _ in range(BATCHES):
            device.observe_all([{"text": TEXT}] * BATCH)
        batched_s = time.perf_counter() - began
    return ALONE / alone_s, BATCHES * BATCH / batched_s


def _wire(running: Running) -> list[Row]:
    say("bytes on the wire of a device, and of HTTP")
    found: list[Row] = []
    for batch, how, bar in ((1, "alone", "≤ 180"), (BATCH, f"batched by {BATCH}", "≤ 140")):
        for aliased in (False, True):
            crossed = device_wire.of_device(running, batch=batch, aliased=aliased)
            what = f"bytes on the wire, 100 bytes of text, by a Device, {how}{', aliased' if aliased else ''}"
            found.append((what, f"{crossed.observation:.0f}, and {crossed.receipt:.0f} of its receipt", bar))
        over_http = f"{device_wire.of_http(batch=batch):.0f}, receipt included"
        found.append((f"… the same as HTTP and JSON, httpx's own headers, {how}", over_http, ""))
    return found


def _recall(running: Running) -> list[Row]:
    """With the memory; then without it, from a full working set and the answers of as many questions."""
    say(f"recall by a device, {REMEMBERED:,} memories")
    with TemporaryDirectory() as folder:
        with _device(running.broker, folder, Options()) as device:
            device.observe_all([{"text": text} for text in distinct_texts(REMEMBERED, seed=1)])
            assert device.drain(WAIT_S_MAX)
            fresh = [_asked_ms(device, seed, "fresh") for seed in range(RUNS)]
        with _device(NOWHERE, folder, Options()) as device:
            device.observe_all([{"text": text} for text in distinct_texts(OWN, seed=2)])
            offline = [_asked_ms(device, 100 + seed, "stale") for seed in range(RUNS)]
    offline_what = f"recall by a Device that is offline, {ASKED} answers and {OWN} observations known"
    return [
        *answers(f"recall by a Device among {REMEMBERED:,} memories", fresh, ""),
        *answers(offline_what, offline, "≤ 30 ms"),
    ]


def _asked_ms(device: Device, seed: int, freshness: str) -> list[float]:
    took = []
    for question in questions(ASKED, seed):
        began = time.perf_counter()
        answer = device.recall(question, deadline_s=WAIT_S_MAX)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.freshness.state == freshness, answer.failure
    return took


def _device(broker: str | BrokerUrl, folder: str, options: Options) -> Device:
    return Device(broker, tenant=TENANT, client=CLIENT, entity=ENTITY, folder=folder, options=options)


if __name__ == "__main__":
    found = rows(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\nPython {sys.version.split()[0]}; medians of {RUNS} runs; load {load}\n\n{table(found)}")
