"""Every module has a test module of its name: what is not proven is seen by its absence."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "broker_bridge", "memory", "workers", "edge", "console")

BACKUP = "tests/broker/test_backup.py"
DEVICE = "tests/broker/test_device.py"
MEASURING = "tests/unit/workers/test_measuring.py"
CONSOLE = "tests/broker/test_console.py"
INGEST = "tests/broker/test_ingest.py"
RESTORING = "tests/contract/test_store_edge_restoring.py"
ERASING = "tests/contract/test_store_edge_erasing.py"
ELSEWHERE = {
    "broker_bridge/broker.py": (CONSOLE, "every verb is run over a Mosquitto that it started"),
    "broker_bridge/faults.py": (CONSOLE, "each is caused for real, and is one line"),
    "broker_bridge/loops.py": ("tests/unit/edge/test_thread_loop.py", "what a loop has to do"),
    "broker_bridge/messages.py": ("tests/unit/broker_bridge/test_requests.py", "values; read there"),
    "broker_bridge/paho_client.py": ("tests/broker/test_session.py", "what a session reads and writes by"),
    "console/answering.py": (CONSOLE, "what `recall` and `feedback` share, over a real broker"),
    "console/feedback.py": (CONSOLE, "`membroker feedback`, run as a process"),
    "console/access.py": (CONSOLE, "`membroker access`, run as a process"),
    "console/asking.py": ("tests/acceptance/test_demo.py", "the demo, run as a process"),
    "console/backup.py": (BACKUP, "`membroker backup`, run as a process"),
    "workers/backup.py": (BACKUP, "by what a new machine remembers"),
    "console/restore.py": (BACKUP, "`membroker restore`, run as a process"),
    "console/faults.py": (CONSOLE, "each expected error is caused for real, and is one line"),
    "edge/async_device.py": (DEVICE, "by the tests that are of both"),
    "edge/core.py": (DEVICE, "by what a device does"),
    "edge/noting.py": (DEVICE, "by what became of what was observed"),
    "edge/recalling.py": (DEVICE, "by what is answered with a network, and without"),
    "edge/speaking.py": (DEVICE, "whom a device speaks of, and in which session"),
    "edge/moment.py": ("tests/unit/edge/test_clock.py", "values; read there"),
    "edge/outbox_file.py": (
        "tests/unit/edge/test_outbox.py",
        "what an outbox keeps; only its faults are elsewhere",
    ),
    "edge/outbox_faults.py": ("tests/unit/edge/test_outbox_disk.py", "each is caused there, or named"),
    "edge/page.py": ("tests/unit/edge/test_prompt.py", "half of one page; what stands on it is seen there"),
    "memory/server_points.py": ("tests/contract/test_store_server.py", "by what the server remembers"),
    "workers/overall.py": ("tests/unit/workers/test_covering.py", "what is said of a covered time"),
    "console/ingest.py": ("tests/containers/test_compose.py", "a container's command: one call"),
    "console/summarizer.py": ("tests/containers/test_compose.py", "a container's command: one call"),
    "console/model.py": (CONSOLE, "`membroker model`, run as a process"),
    "console/observe.py": (CONSOLE, "`membroker observe`, run as a process"),
    "console/operator.py": (CONSOLE, "the operator's connection, over a real broker"),
    "console/probing.py": (
        "tests/unit/console/test_broker_findings.py",
        "its probes are the findings' input",
    ),
    "console/query.py": ("tests/containers/test_compose.py", "a container's command: one call"),
    "console/replaying.py": ("tests/unit/console/test_deadletters.py", "half of one verb, proven as one"),
    "console/running.py": ("tests/faults/test_kills.py", "real signals to a real process"),
    "workers/portion_sources.py": ("tests/unit/workers/test_condensing.py", "by what summaries are made of"),
    "console/workers.py": ("tests/containers/test_compose.py", "each worker alone in its container"),
    "memory/edge_copy.py": (ERASING, "by what a store holds after it was copied"),
    "memory/edge_faults.py": (
        "tests/contract/test_store_edge.py",
        "each is caused for real",
    ),
    "memory/edge_generation.py": (
        "tests/contract/test_store_edge_words.py",
        "by what an older one serves, and which is refused",
    ),
    "memory/edge_proof.py": (RESTORING, "by what is not restored, and not opened"),
    "memory/edge_restore.py": (RESTORING, "by what is remembered after it, and by what it refuses"),
    "memory/edge_live.py": ("tests/contract/test_store.py", "by what a store in use knows"),
    "memory/edge_log.py": ("tests/faults/test_synced.py", "by what a power cut leaves"),
    "memory/edge_place.py": (ERASING, "by which generation is opened, and which are gone"),
    "memory/edge_points.py": ("tests/contract/test_store.py", "Edge's words; the suite speaks them all"),
    "memory/edge_reading.py": ("tests/contract/test_store.py", "every search of that suite's Edge"),
    "memory/errors.py": ("tests/contract/test_store.py", "no rule of its own; raised in that suite"),
    "memory/model_fastembed.py": ("tests/contract/test_model_fetch.py", "a few lines over the real model"),
    "memory/store_twin.py": ("tests/contract/test_store.py", "one of that suite's adapters"),
    "workers/batch.py": (INGEST, "by the receipts of a message's observations"),
    "workers/gauging.py": (MEASURING, "by what readings answer, against brute force"),
    "workers/reach.py": (MEASURING, "by its bounds, and what they leave unanswered"),
    "workers/surveying.py": (MEASURING, "by which series are answered of"),
    "workers/occurring.py": (MEASURING, "by what is told in words, and by whom"),
    "workers/turning.py": (MEASURING, "by which reports are turns, and which is the last"),
    "workers/herald.py": ("tests/faults/test_away.py", "what waits for a service is there when it comes"),
    "workers/ingest.py": (INGEST, "from topic to receipt, over a real broker, store and model"),
    "workers/report.py": ("tests/unit/workers/test_auditing.py", "a protocol of one call"),
    "workers/query.py": ("tests/broker/test_query.py", "from topic to answer, over the same"),
    "workers/life.py": ("tests/faults/test_away.py", "each fault that it lives through, caused for real"),
    "workers/stack.py": (INGEST, "the suite's memory is run by it"),
    "workers/unanswered.py": ("tests/unit/workers/test_faults.py", "values; each has its code there"),
    "workers/wiring.py": (INGEST, "the suite's memory is built by it"),
}
"""Modules proven by a test of another name, and why there."""


def modules() -> dict[str, Path]:
    found = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {
        str(file.relative_to(ROOT)): file for file in found if file.name not in {"__init__.py", "__main__.py"}
    }


NAMES = Counter(file.stem for file in modules().values())


def named_for(module: Path) -> list[Path]:
    """By name; where two packages have a module of one name, the test's folder says of which it is."""
    found = (ROOT / "tests").rglob(f"test_{module.stem}.py")
    return [test for test in found if NAMES[module.stem] == 1 or test.parent.name == module.parent.name]


def holds_a_test(file: Path) -> bool:
    tree = ast.parse(file.read_text())
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_module_has_a_test_module_of_its_name(name: str) -> None:
    if name in ELSEWHERE:
        assert (ROOT / ELSEWHERE[name][0]).is_file(), f"{ELSEWHERE[name][0]} is not there"
    else:
        assert any(map(holds_a_test, named_for(modules()[name]))), (
            f"tests/**/test_{modules()[name].name} is missing"
        )


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_an_exception_stays_only_while_it_is_one(name: str) -> None:
    file, reason = ELSEWHERE[name]
    assert name in modules(), f"{name} is gone: take its line out"
    assert not named_for(modules()[name]), f"{name} has a test module of its name: take its line out"
    assert holds_a_test(ROOT / file)
    assert reason


@pytest.mark.parametrize("package", PACKAGES)
def test_a_test_module_in_a_packages_folder_is_of_one_of_its_modules(package: str) -> None:
    folder = ROOT / "tests" / "unit" / package
    tested = (
        {file.stem.removeprefix("test_") for file in folder.glob("test_*.py")} if folder.is_dir() else set()
    )
    assert tested <= {file.stem for file in (ROOT / package).glob("*.py")}
