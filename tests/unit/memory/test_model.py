"""The cache: whole or absent, whatever interrupts it."""

import json
import multiprocessing
import shutil
from pathlib import Path

import fastembed
import pytest

from memory import model
from memory.errors import ModelError
from memory.model import DEFAULT_MODEL, fetch, is_ready, model_dir, read_manifest
from memory.weights import Weights

NO_WEIGHTS = Weights(Path("/none"), Path("/none"), "a test")


def quiet(_: str) -> None:
    pass


def fake_assemble(_: Weights, directory: Path, work_dir: Path) -> None:
    """In place of downloading and building: two small files."""
    assert work_dir.is_dir()
    directory.mkdir()
    (directory / "model.onnx").write_bytes(b"graph" * 100)
    (directory / "tokenizer.json").write_text("{}")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fetching gives a small fake model; the list grows by one for each time it is fetched."""
    times: list[str] = []

    def fetched(work_dir: Path, say: model.Say) -> Weights:
        times.append(str(work_dir))
        return NO_WEIGHTS

    monkeypatch.setattr(model, "fetch_weights", fetched)
    monkeypatch.setattr(model, "assemble", fake_assemble)
    return times


def test_a_model_is_fetched_once(tmp_path, built) -> None:
    directory = fetch(tmp_path / "cache", DEFAULT_MODEL, quiet)
    assert directory == model_dir(tmp_path / "cache", DEFAULT_MODEL)
    assert is_ready(directory)
    assert fetch(tmp_path / "cache", DEFAULT_MODEL.upper(), quiet) == directory, (
        "fastembed ignores case, so do we"
    )
    assert len(built) == 1


def test_the_manifest_tells_one_models_vectors_from_anothers(tmp_path, built) -> None:
    manifest = read_manifest(fetch(tmp_path, DEFAULT_MODEL, quiet))
    assert (manifest.name, manifest.precision, manifest.dimension) == (DEFAULT_MODEL, "int8", 384)
    assert manifest.source == "a test"
    assert set(manifest.files) == {"model.onnx", "tokenizer.json"}


def test_nothing_is_left_beside_the_model(tmp_path, built) -> None:
    directory = fetch(tmp_path, DEFAULT_MODEL, quiet)
    assert {path.name for path in tmp_path.iterdir()} == {directory.name, f".{directory.name}.lock"}


def change_size(directory: Path) -> None:
    (directory / "model.onnx").write_bytes(b"graph")


def change_a_byte(directory: Path) -> None:
    (directory / "model.onnx").write_bytes(b"grapH" * 100)


def drop_a_file(directory: Path) -> None:
    (directory / "tokenizer.json").unlink()


def drop_the_manifest(directory: Path) -> None:
    (directory / model.MANIFEST).unlink()


def tear_the_manifest(directory: Path) -> None:
    manifest = directory / model.MANIFEST
    manifest.write_text(manifest.read_text()[:100])


def age_the_build(directory: Path) -> None:
    manifest = directory / model.MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "build": 0}))


@pytest.mark.parametrize(
    "damage",
    [change_size, change_a_byte, drop_a_file, drop_the_manifest, tear_the_manifest, age_the_build],
)
def test_a_damaged_or_old_model_is_not_ready_and_is_fetched_again(tmp_path, built, damage) -> None:
    directory = fetch(tmp_path, DEFAULT_MODEL, quiet)
    damage(directory)
    assert not is_ready(directory)
    assert is_ready(fetch(tmp_path, DEFAULT_MODEL, quiet))
    assert len(built) == 2


@pytest.mark.parametrize("content", ["[]", "{}", '{"files": 3}', '{"files": {}, "more": 1}', "null"])
def test_a_strange_manifest_is_no_model(tmp_path, content) -> None:
    (tmp_path / model.MANIFEST).write_text(content)
    assert not is_ready(tmp_path)
    with pytest.raises(ModelError, match=r"there is no whole model in .* Fetch the model"):
        read_manifest(tmp_path)


def test_a_copied_cache_is_ready(tmp_path, built) -> None:
    shutil.copytree(fetch(tmp_path, DEFAULT_MODEL, quiet), tmp_path / "copy", copy_function=shutil.copyfile)
    assert is_ready(tmp_path / "copy"), "the times moved, the hashes did not"


def test_a_file_left_alone_is_not_hashed_at_start(tmp_path, built, monkeypatch) -> None:
    directory = fetch(tmp_path, DEFAULT_MODEL, quiet)
    monkeypatch.setattr(model, "sha256_of", lambda path: pytest.fail(f"hashed {path}"))
    assert is_ready(directory)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError, ModelError])
def test_an_interrupted_fetch_leaves_no_ready_model(tmp_path, built, monkeypatch, interruption) -> None:
    def interrupted(weights: Weights, directory: Path, work_dir: Path) -> None:
        fake_assemble(weights, directory, work_dir)
        raise interruption("in the middle", hint="") if interruption is ModelError else interruption

    monkeypatch.setattr(model, "assemble", interrupted)
    with pytest.raises((KeyboardInterrupt, ModelError)):
        fetch(tmp_path, DEFAULT_MODEL, quiet)
    assert not model_dir(tmp_path, DEFAULT_MODEL).exists()
    assert {path.suffix for path in tmp_path.iterdir()} == {".lock"}


def test_what_a_killed_fetch_left_is_cleared_away(tmp_path, built) -> None:
    left = tmp_path / f".{model_dir(tmp_path, DEFAULT_MODEL).name}.part" / "model"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")
    assert (fetch(tmp_path, DEFAULT_MODEL, quiet) / "model.onnx").read_bytes() == b"graph" * 100
    assert not left.exists()


def fetch_slowly(cache_dir: Path, log: Path) -> None:
    """In a process of its own: a fetch that takes a moment and notes that it took place."""

    def fetched(work_dir: Path, say: model.Say) -> Weights:
        with log.open("a") as file:
            file.write("fetched\n")
        return NO_WEIGHTS

    model.fetch_weights = fetched
    model.assemble = fake_assemble
    model.LOCK_POLL_S = 0.01
    assert is_ready(fetch(cache_dir, DEFAULT_MODEL, quiet))


def test_processes_that_fetch_at_once_fetch_once(tmp_path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (tmp_path / "cache", tmp_path / "log")
    processes = [context.Process(target=fetch_slowly, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "fetched\n"


def test_waiting_for_another_fetch_is_said_and_bounded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(model, "LOCK_WAIT_S", 0.05)
    monkeypatch.setattr(model, "LOCK_POLL_S", 0.01)
    said: list[str] = []
    lock = tmp_path / f".{model_dir(tmp_path, DEFAULT_MODEL).name}.lock"
    with model._lock(lock, quiet), pytest.raises(ModelError, match="another process has held"):
        fetch(tmp_path, DEFAULT_MODEL, said.append)
    assert said == ["another process is fetching this model; waiting for it"]


def test_a_cache_that_cannot_be_written_says_so(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"cannot be written to .*file.* Make the directory writable"):
        fetch(tmp_path / "file", DEFAULT_MODEL, quiet)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../b", "/etc", "a/b/c", ".hidden", "a b"])
def test_a_name_cannot_leave_the_cache(tmp_path, name) -> None:
    with pytest.raises(ModelError, match="is no model name"):
        model_dir(tmp_path, name)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("BAAI/bge-small-en-1.5", "BAAI/bge-small-en-v1.5"),
        ("all-MiniLM-L6", "sentence-transformers/all-MiniLM-L6-v2"),
        ("zzzzqqqq", DEFAULT_MODEL),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(tmp_path, name, nearest) -> None:
    with pytest.raises(ModelError, match="no model is called") as caught:
        fetch(tmp_path, name, quiet)
    assert nearest in caught.value.hint
    assert not model_dir(tmp_path, name).exists()


def test_another_model_is_kept_as_it_is_published(tmp_path, monkeypatch) -> None:
    def download(description: object, cache_dir: str, retries: int) -> Path:
        blob = Path(cache_dir) / "blobs" / "abc"
        snapshot = Path(cache_dir) / "snapshots" / "1"
        for directory in (blob.parent, snapshot / "onnx"):
            directory.mkdir(parents=True)
        blob.write_bytes(b"published")
        (snapshot / "onnx" / "model.onnx").symlink_to(blob)
        return snapshot

    monkeypatch.setattr(model, "probe_hub", lambda *_: None)
    monkeypatch.setattr(fastembed.TextEmbedding, "download_model", download)
    directory = fetch(tmp_path, "baai/bge-small-en-v1.5", quiet)
    manifest = read_manifest(directory)
    assert (manifest.name, manifest.precision, manifest.dimension) == (
        "BAAI/bge-small-en-v1.5",
        "as published",
        384,
    )
    assert (directory / "onnx" / "model.onnx").read_bytes() == b"published", "the link's target, not the link"
    assert is_ready(directory)


def test_another_model_without_the_hub_says_what_to_do(tmp_path, monkeypatch) -> None:
    def away(repo: str, file: str) -> None:
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(model, "probe_hub", away)
    with pytest.raises(
        ModelError, match=r"could not be downloaded from hub .* \(Name or service not known\)"
    ) as caught:
        fetch(tmp_path, "BAAI/bge-small-en-v1.5", quiet)
    assert DEFAULT_MODEL in caught.value.hint
