"""What is measured, one function a row or two; each returns numbers, `__main__` prints them."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import msgpack
from fastembed import TextEmbedding

from bench.client import Asker, Observer
from bench.stack import Running, membroker_up
from bench.texts import distinct_texts, questions, repeats
from memory.embedding import Embedder, plan_calls
from memory.model import model_dir
from memory.ranking import rank
from memory.records import Candidate, Memory
from workers.drawing import DRAWN_MAX
from workers.settings import Settings
from workers.wiring import load_model

ENTITIES = [f"room-{number}" for number in range(100)]
BATCH = 32
DISTINCT = 6000
CHEAP = 30_000
MERGED = 60_000
MERGED_BEFORE = 6400
"""Said before the measurement: two batches of each entity."""
MERGED_IN_ALL = MERGED + MERGED_BEFORE
MEMORIES = 100_000
QUESTIONS = 400
SETTLE = 2000
"""Observations sent before a measurement: the store's first flush makes its files."""


def pure_embedding(texts: Sequence[str], threads: int) -> float:
    """Texts a second, embedded as ingest does and nothing else done."""
    embedder = Embedder(load_model(Settings()), threads=threads, cache_texts_max=1)
    asyncio.run(embedder.embed(texts[:64]))
    started = time.perf_counter()
    asyncio.run(embedder.embed(texts))
    took_s = time.perf_counter() - started
    embedder.close()
    return len(texts) / took_s


def fastembed_alone(texts: Sequence[str], threads: int) -> float:
    """Texts a second by one caller of fastembed with so many threads of its own; the same calls, in order."""
    directory = str(model_dir(Settings().model_cache, Settings().model))
    embedding = TextEmbedding(
        Settings().model, cache_dir=directory, threads=threads, specific_model_path=directory
    )
    list(embedding.embed(list(texts[:8])))
    started = time.perf_counter()
    for call in plan_calls(texts):
        list(embedding.embed(call, batch_size=len(call)))
    return len(texts) / (time.perf_counter() - started)


def ingest_distinct(running: Running, run: int) -> tuple[float, float, float]:
    """Observations a second, publish to durable receipt, and the same texts' embedding: ours, fastembed's."""
    texts = distinct_texts(DISTINCT, seed=run)
    with Observer(running.broker, f"distinct-{run}") as observer:
        told = ({"i": number, "t": text, "a": 1_700_000_000} for number, text in enumerate(texts))
        took_s = observer.observe(ENTITIES, told, batch=BATCH)
    threads = Settings().embed_threads
    return DISTINCT / took_s, pure_embedding(texts, threads), fastembed_alone(texts, threads)


def ingest_cheap(running: Running, run: int, source: Iterable[dict[str, object]]) -> float:
    """Repeats or plain readings a second, published in batches, to their durable receipts."""
    with Observer(running.broker, f"cheap-{run}") as observer:
        return CHEAP / observer.observe(ENTITIES, source, batch=BATCH)


def ingest_merged(running: Running, run: int, source: Callable[[], Iterable[dict[str, object]]]) -> float:
    """Repeats a second, published in batches, to their durable receipts, once each was said before."""
    with Observer(running.broker, f"merged-{run}") as observer:
        told = iter(source())
        observer.observe(ENTITIES, islice(told, MERGED_BEFORE), batch=BATCH, outstanding_max=16_384)
        stored = observer.statuses.get("stored", 0)
        took_s = observer.observe(ENTITIES, told, batch=BATCH, outstanding_max=16_384)
        if observer.statuses["stored"] > stored:
            raise RuntimeError("not all of them were merged")
    return MERGED / took_s


def settle(running: Running) -> None:
    """Brings the store to its working state."""
    with Observer(running.broker, "settle") as observer:
        observer.observe(ENTITIES, repeats(SETTLE, seed=99), batch=BATCH)


def fill(running: Running, count: int) -> None:
    """Memories up to `count`, of which one in twenty has words of its own."""
    texts = distinct_texts(count // 20, seed=7)
    told = ({"i": n, "t": texts[n % len(texts)], "a": 1_600_000_000 + n} for n in range(count))
    with Observer(running.broker, "filler") as observer:
        observer.observe(ENTITIES, told, batch=256, outstanding_max=16_384)


def recall_idle(running: Running, run: int, entities: Sequence[str] = ENTITIES) -> list[float]:
    """Milliseconds of each answer, publish to reply, one client, each question new, entities in turn."""
    asked = questions(QUESTIONS, seed=1000 + run)
    with Asker(running.broker, f"asker-{run}") as asker:
        return [
            asker.ask(entities[n % len(entities)], {"q": question})[1] for n, question in enumerate(asked)
        ]


def ranking_ms(run: int) -> list[float]:
    """Milliseconds to rank what a recall draws at most of two lists, however many memories there are."""
    texts, rng = distinct_texts(2 * DRAWN_MAX, seed=3000 + run), random.Random(run)
    candidates = [
        Candidate(
            Memory(
                str(n), "home", "e", "d", "turn", text, at=n, received=n, session=f"s{n // 20}", seq=n % 20
            ),
            similarity=rng.random(),
            words=rng.random() * 9,
        )
        for n, text in enumerate(texts)
    ]
    return [_ranked_ms(question, candidates) for question in questions(QUESTIONS, seed=4000 + run)]


def _ranked_ms(question: str, candidates: Sequence[Candidate]) -> float:
    started = time.perf_counter()
    rank(question, candidates, now=time.time(), limit=10)
    return (time.perf_counter() - started) * 1000


def recall_while_ingesting(running: Running, run: int, rate: float) -> list[float]:
    """The same while distinct observations come at `rate` a second."""
    done = threading.Event()

    def load() -> None:
        with Observer(running.broker, f"load-{run}") as observer:
            texts = distinct_texts(int(rate * 60), seed=2000 + run)
            start = 0
            while not done.is_set() and start < len(texts):
                some = texts[start : start + int(rate)]
                told = ({"i": start + n, "t": text, "a": 1} for n, text in enumerate(some))
                observer.observe(ENTITIES, told, batch=8, rate_max=rate)
                start += len(some)

    loading = threading.Thread(target=load)
    loading.start()
    try:
        time.sleep(2)  # until it is under way
        return recall_idle(running, 500 + run)
    finally:
        done.set()
        loading.join()


def ready_s() -> float:
    """Seconds from the command to its greeting, with a store of its own."""
    with membroker_up() as running:
        return running.ready_s


def wire_bytes() -> dict[str, float]:
    """Bytes on the wire an observation of 100 bytes of text: PUBLISH (MQTT 5 §3.3) and PUBACK.

    Fixed header, remaining length, topic with its length, packet id, property length (0), payload; and a
    PUBACK of 4 bytes (no reason code, as Mosquitto sends it).
    """
    topic = "mem/v1/home/obs/sensor-1/home7/kitchen"
    text = (
        "The kitchen window was opened and the radiator below it was turned down by the morning's routine now"
    )
    assert len(text.encode()) == 100
    observation = {"i": 4711, "t": text}
    alone = _publish_bytes(topic, msgpack.packb(observation)) + 4
    batched = [{"i": 4711 + number, "t": text} for number in range(BATCH)]
    return {
        "alone": alone,
        f"batched by {BATCH}": (_publish_bytes(topic, msgpack.packb(batched)) + 4) / BATCH,
    }


def _publish_bytes(topic: str, payload: bytes) -> int:
    remaining = 2 + len(topic) + 2 + 1 + len(payload)
    length_bytes = 1 if remaining < 128 else 2 if remaining < 16_384 else 3
    return 1 + length_bytes + remaining


def machine() -> str:
    """What all this ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return f"{models[0] if models else 'unknown CPU'}, {os.cpu_count()} cores"
