"""The embedding model on disk: fetch it once, know at start-up that it is whole, prove that it works.

A model is a directory that fastembed loads by `specific_model_path`, sealed by a `MANIFEST.json`
that is written last. Start-up trusts a file whose size and modification time are as sealed and
hashes one whose time moved (a copied cache); `check` hashes everything and embeds known sentences.
"""

import difflib
import fcntl
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from memory.disk import sync
from memory.errors import ModelError
from memory.weights import Weights, fetch_weights, probe_hub, sha256_of

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
PRECISION = "int8"
PUBLISHED_PRECISION = "as published"
DIMENSION = 384
HEADS = 12
TOKENS_MAX = 256  # the length the default model was trained for; what is longer is cut
BUILD = 1  # raise it when our own build changes its bytes: older caches are then built again
MANIFEST = "MANIFEST.json"

LOCK_WAIT_S = 3600.0  # longer than the slowest fetch that another process may be in
LOCK_POLL_S = 0.5

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")

# What fastembed wants beside the graph. The values are those of the published model, except that its
# tokenizer files disagree on the length (128 and 512): the model's own sentence settings say 256.
_SETTINGS: dict[str, dict[str, Any]] = {
    "config.json": {"model_type": "bert", "hidden_size": DIMENSION, "pad_token_id": 0},
    "tokenizer_config.json": {"model_max_length": TOKENS_MAX, "pad_token": "[PAD]", "do_lower_case": True},
    "special_tokens_map.json": {
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    },
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Seal:
    """What one file of a model was when it was sealed."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model directory holds: enough to know vectors made by it from any others."""

    name: str
    precision: str
    dimension: int
    source: str
    build: int
    files: dict[str, Seal]


def model_dir(cache_dir: Path, name: str) -> Path:
    """Where the model of that name lives, or would live, in the cache."""
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r} is no model name", hint=f"Name one as {DEFAULT_MODEL!r} is named")
    return cache_dir / name.lower().replace("/", "--")


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a model directory."""
    try:
        fields = json.loads((directory / MANIFEST).read_text())
        seals = {name: Seal(**seal) for name, seal in fields.pop("files").items()}
        return Manifest(**fields, files=seals)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise ModelError(
            f"there is no whole model in {directory} ({fault})", hint="Fetch the model, then start again"
        ) from fault


def is_ready(directory: Path) -> bool:
    """Whether the directory holds a whole model of this build; a few milliseconds for one left alone."""
    try:
        manifest = read_manifest(directory)
        return manifest.build == BUILD and all(
            _is_as_sealed(directory / name, seal) for name, seal in manifest.files.items()
        )
    except (ModelError, OSError):
        return False


def fetch(cache_dir: Path, name: str, say: Say) -> Path:
    """Make sure that the model is in the cache and return its directory. One that is there costs nothing."""
    target = model_dir(cache_dir, name)
    if is_ready(target):
        return target
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _lock(cache_dir / f".{target.name}.lock", say):
            if not is_ready(target):  # another process may have fetched it while we waited
                _fetch_into(target, name, say)
    except OSError as fault:
        raise ModelError(
            f"the model cannot be written to {cache_dir} ({fault})",
            hint="Make the directory writable, with 500 MB free while the model is fetched, or name another",
        ) from fault
    return target


def assemble(weights: Weights, directory: Path, work_dir: Path) -> None:
    """Build the default model from its weights: graph, int8 form, and what fastembed reads beside it."""
    # onnx and the quantiser cost half a second and 60 MB that a process which only embeds must not pay
    import onnx  # noqa: PLC0415
    from onnxruntime.quantization import quantize_dynamic  # noqa: PLC0415

    from memory.bert_graph import build_graph, read_tensors  # noqa: PLC0415

    full = work_dir / "fp32.onnx"
    onnx.save(build_graph(read_tensors(weights.safetensors), HEADS), full)
    directory.mkdir(parents=True, exist_ok=True)
    # Per channel: the cosine to the fp32 vectors is 0.991 on average, and 0.954 with one scale a tensor.
    # Seven bits a weight (`reduce_range`), because processors without VNNI add two products in 16 bits, where
    # eight-bit weights overflow; recall is that of fp32 (LoCoMo, R@10 0.477 against 0.476).
    # `Gather` is the table of words: 12 MB instead of 47, at no cost to the vectors.
    operators = ["MatMul", "Gather"]
    quantize_dynamic(
        full, directory / "model.onnx", op_types_to_quantize=operators, per_channel=True, reduce_range=True
    )
    shutil.copyfile(weights.tokenizer, directory / "tokenizer.json")
    for file, content in _SETTINGS.items():
        (directory / file).write_text(json.dumps(content, indent=1))


def _fetch_into(target: Path, name: str, say: Say) -> None:
    """Fetch and seal beside the target, then rename it into place.

    Called under the lock, so whatever lies in the work directory is a dead fetch's.
    """
    work = target.parent / f".{target.name}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        made = work / "model"
        if name.lower() == DEFAULT_MODEL.lower():
            weights = fetch_weights(work, say)
            say(f"building {DEFAULT_MODEL} ({PRECISION})")
            assemble(weights, made, work)
            _seal(made, DEFAULT_MODEL, PRECISION, DIMENSION, weights.source)
        else:
            _fetch_published(name, made, work, say)
        if target.exists():
            target.rename(work / "damaged")
        made.rename(target)
        sync(target.parent)
        say(f"ready: {target}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch_published(name: str, made: Path, work: Path, say: Say) -> None:
    """Have fastembed download a model it knows, and keep the plain files of it."""
    from fastembed import TextEmbedding  # noqa: PLC0415 - a second to import, and only this needs it here
    from fastembed.common.model_description import DenseModelDescription, ModelSource  # noqa: PLC0415

    known = {model["model"].lower(): model for model in TextEmbedding.list_supported_models()}
    if name.lower() not in known:
        raise _unknown(name, [model["model"] for model in known.values()])
    fields = known[name.lower()]
    description = DenseModelDescription(**{**fields, "sources": ModelSource(**fields["sources"])})
    source = f"hub {description.sources.hf}" if description.sources.hf else str(description.sources.url)
    say(f"downloading {description.model} ({description.size_in_GB} GB) from {source}")
    try:
        if description.sources.hf:
            probe_hub(description.sources.hf, description.model_file)
        found = TextEmbedding.download_model(description, cache_dir=str(work / "hub"), retries=1)
    except Exception as fault:
        raise ModelError(
            f"{description.model} could not be downloaded from {source} ({fault})",
            hint="Give this machine a way to that address, fetch on one that has it and copy its model cache"
            f" directory here, or use {DEFAULT_MODEL}, which PyPI has too",
        ) from fault
    shutil.copytree(found, made)  # the hub's directory is links into its blobs; ours is files
    _seal(made, description.model, PUBLISHED_PRECISION, description.dim or 0, source)


def _unknown(name: str, known: list[str]) -> ModelError:
    lowered = {model.lower(): model for model in known}
    shorts = {model.rpartition("/")[2]: whole for model, whole in lowered.items()}
    near = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    near += difflib.get_close_matches(name.lower().rpartition("/")[2], shorts, n=2, cutoff=0.5)
    names = dict.fromkeys(lowered.get(match) or shorts[match] for match in near) or [DEFAULT_MODEL]
    return ModelError(f"no model is called {name!r}", hint=f"The nearest known: {', '.join(names)}")


@contextmanager
def _lock(path: Path, say: Say) -> Iterator[None]:
    """Hold the lock file: one process fetches a model, the others wait for it and find it there."""
    with path.open("w") as file:
        deadline = time.monotonic() + LOCK_WAIT_S
        waiting = False
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise ModelError(
                    f"another process has held {path} for {LOCK_WAIT_S:.0f} s",
                    hint="See whether a fetch hangs, end it, and fetch again",
                )
            if not waiting:
                say("another process is fetching this model; waiting for it")
                waiting = True
            time.sleep(LOCK_POLL_S)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _seal(directory: Path, name: str, precision: str, dimension: int, source: str) -> None:
    """Bring every file to the disk itself, then write the manifest.

    Without that, a power cut can leave files of the right size and time that are all zeros.
    """
    files: dict[str, Seal] = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        sync(path)
        status = path.stat()
        files[path.relative_to(directory).as_posix()] = Seal(
            sha256_of(path), status.st_size, status.st_mtime_ns
        )
    manifest = Manifest(name, precision, dimension, source, BUILD, files)
    (directory / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
    sync(directory / MANIFEST)
    sync(directory)


def _is_as_sealed(path: Path, seal: Seal) -> bool:
    status = path.stat()
    if status.st_size != seal.size:
        return False
    return status.st_mtime_ns == seal.mtime_ns or sha256_of(path) == seal.sha256
