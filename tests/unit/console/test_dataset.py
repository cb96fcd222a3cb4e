"""The weather is fetched once and verified; where it cannot be had, one line says what to do."""

import hashlib
from pathlib import Path

import pytest

from console import dataset
from console.dataset import DatasetMissing
from memory.errors import MemoryFault

CONTENT = {dataset.DAYS: "date,weather\n", dataset.HOURS: "date,temp\n"}


@pytest.fixture(autouse=True)
def _expected_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {name: hashlib.sha256(content.encode()).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(dataset, "SHA256", hashes)


def wheel_with(monkeypatch: pytest.MonkeyPatch, content: dict[str, str]) -> list[str]:
    """A PyPI whose wheel has this content; returns what is asked of it."""
    asked = []

    def take(
        wheel: str, megabytes: float, names: tuple[str, ...], into: Path, say: object
    ) -> dict[str, Path]:
        asked.append(wheel)
        for name in names:
            (into / name).write_text(content[name])
        return {name: into / name for name in names}

    monkeypatch.setattr(dataset, "take_from_wheel", take)
    return asked


def no_network(*args: object) -> dict[str, Path]:
    raise OSError("the package index cannot be reached")


def test_fetches_once(tmp_path, monkeypatch) -> None:
    asked = wheel_with(monkeypatch, CONTENT)
    assert dataset.fetch(tmp_path / "datasets", print) == CONTENT
    assert dataset.fetch(tmp_path / "datasets", print) == CONTENT
    assert asked == ["vega_datasets==0.9.0"]
    assert sorted(path.name for path in (tmp_path / "datasets").iterdir()) == sorted(CONTENT)


def test_fetches_again_what_was_damaged(tmp_path, monkeypatch) -> None:
    asked = wheel_with(monkeypatch, CONTENT)
    (tmp_path / dataset.DAYS).write_text("half a fi")
    assert dataset.fetch(tmp_path, print) == CONTENT
    assert len(asked) == 1


def test_without_a_network_one_line_says_the_next_step(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dataset, "take_from_wheel", no_network)
    with pytest.raises(DatasetMissing) as caught:
        dataset.fetch(tmp_path, print)
    assert str(caught.value) == (
        "the weather to replay could not be fetched (vega_datasets==0.9.0: the package index cannot be"
        f" reached). Give this machine a way to PyPI and try again, or copy {tmp_path} from one that has it"
    )
    assert isinstance(caught.value, MemoryFault), "so the command ends with one line, and no traceback"


def test_other_bytes_are_refused_and_not_kept(tmp_path, monkeypatch) -> None:
    wheel_with(monkeypatch, {**CONTENT, dataset.HOURS: "something else"})
    with pytest.raises(DatasetMissing, match=r"seattle-temps\.csv has sha256 "):
        dataset.fetch(tmp_path, print)
    assert not (tmp_path / dataset.HOURS).exists()
