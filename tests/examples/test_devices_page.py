"""docs/devices.md: its Python runs as it stands, prints what it shows, and leaves out no knob or count."""

import contextlib
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from edge import Device, Fate, Options
from tests.broker.guarded import Guarded

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "devices.md").read_text()
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")
WAIT_S_MAX = 20.0
COUNTED = re.compile(r"(?:counts|_fleeting|_lasting)\[\"(\w+)\"\]|_count_for_ever\(\"(\w+)\"")


@dataclass(frozen=True, slots=True)
class Place:
    """Accounts and a folder of the test's own, where the page has `mqtt://…` and `/var/lib`."""

    urls: dict[str, str]
    tenant: str
    folder: Path

    def put(self, code: str) -> str:
        code = code.replace('tenant="home"', f'tenant="{self.tenant}"').replace("/var/lib", str(self.folder))
        for client, url in self.urls.items():
            code = re.sub(f'"mqtt://…"(?=.* client="{client}")', repr(url), code)
        return code

    def device(self, broker: str | None = None) -> Device:
        """The page's first one."""
        url, folder = broker or self.urls["sensor-1"], self.folder / "edge"
        return Device(url, tenant=self.tenant, client="sensor-1", entity="kitchen", folder=folder)


@pytest.fixture
def place(guarded: Guarded, tenant: str, tmp_path: Path) -> Place:
    rights = ("observe", "recall", "summary")
    grants = [(right, entity) for right in rights for entity in ("kitchen", "home7/#")]
    urls = {
        name: guarded.add(f"{name}@{tenant}", "kiosk", *grants).spelled() for name in ("sensor-1", "kiosk-1")
    }
    return Place(urls, tenant, tmp_path)


def run(code: str, names: dict[str, Any]) -> str:
    """What it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)  # noqa: S102 - our own page
    return printed.getvalue()


def until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread hears."""
    give_up = time.monotonic() + WAIT_S_MAX
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def is_alike(printed: str, shown: str) -> bool:
    return TIME.sub("then", printed) == TIME.sub("then", shown)


def test_its_python_runs_and_prints_what_it_shows(place: Place) -> None:
    names: dict[str, Any] = {}
    for code, shown in BLOCK.findall(PAGE):
        if "device." in code and "as device" not in code:
            with place.device() as names["device"]:
                printed = run(place.put(code), names)
                assert names["device"].drain(WAIT_S_MAX)
        else:
            printed = run(place.put(code), names)
        assert is_alike(printed, shown), printed


def test_the_readmes_eight_lines_run(place: Place) -> None:
    [(code, shown)] = BLOCK.findall(README)
    assert len(code.splitlines()) <= 8
    assert is_alike(run(place.put(code), {}), shown)


def test_what_is_forgotten_leaves_the_cache_of_who_hears_its_digest(guarded: Guarded, place: Place) -> None:
    asked = "what is the guest network called?"
    with (
        guarded.client(f"owner@{place.tenant}", "kiosk", ("manage", "kitchen")) as owner,
        place.device() as device,
    ):
        device.observe("The guest network is called Meadow", kind="fact", attribute="wifi")
        until(lambda: device.stats().counts["digests"] >= 1)
        assert len(device.recall(asked, deadline_s=WAIT_S_MAX).matches) == 1
        owner.publish(f"mem/v1/{place.tenant}/manage/owner/kitchen", {"op": "forget", "all": True})
        until(lambda: device.stats().counts["digests"] >= 2)
    with place.device(broker="mqtt://127.0.0.1:1") as offline:
        assert offline.recall(asked).matches == ()


def test_it_names_every_option_fate_and_count() -> None:
    knobs = [field.name for field in fields(Options)]
    counts = {
        name
        for file in (ROOT / "edge").glob("*.py")
        for found in COUNTED.findall(file.read_text())
        for name in found
    } - {""}
    assert len(counts) > 20
    for name in [*knobs, *(fate.value for fate in Fate), *counts]:
        assert re.search(rf"\b{name}\b", PAGE), f"docs/devices.md does not say what `{name}` is"
