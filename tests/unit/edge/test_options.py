"""Options that would keep or send nothing say so at once, and leave nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from edge import Device, Fate, Options, Rule

NOBODY = "mqtt://127.0.0.1:1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("durability", "Power"),
        ("outbox_count_max", 0),
        ("outbox_bytes_max", 0),
        ("working_set_max", 0),
        ("in_flight_max", 0),
        ("in_flight_max", 100_000),
        ("silence_s_max", 0.0),
        ("silence_s_max", float("nan")),
    ],
)
def test_what_cannot_work_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Options(**{name: value})


@pytest.mark.parametrize("wrong", [{"rate_per_s": 0}, {"rules": (Rule("a"), Rule("a"))}], ids=str)
def test_after_options_that_contradict_each_other_the_folder_is_free(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    named = {"tenant": "t", "client": "c", "entity": "hall", "folder": tmp_path}
    with pytest.raises(ValueError) as _kept:  # noqa: PT011 - which one, others prove; its frames are held here
        Device(NOBODY, options=Options(**wrong), **named)  # type: ignore[arg-type]
    with Device(NOBODY, **named) as device:  # type: ignore[arg-type]
        assert device.observe("mended").fate is Fate.KEPT


def test_what_was_dropped_of_one_entity_is_not_told_of_another(tmp_path: Path) -> None:
    options = Options(outbox_count_max=1)
    named = {"tenant": "t", "client": "c", "entity": "hall", "folder": tmp_path}
    with Device(NOBODY, options=options, **named) as device:  # type: ignore[arg-type]
        device.observe("a trifle", id=1, importance=0.1)
        with device.acting_for("hall/ana"):
            assert device.observe("what matters", id=1, importance=0.9).fate is Fate.KEPT
