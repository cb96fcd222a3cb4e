"""Proves a model on disk: every file's hash, and sentences whose likeness is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory.errors import ModelError
from memory.model import PRECISION, Manifest, read_manifest
from memory.weights import sha256_of

Vectors = dict[str, NDArray[np.float32]]

# Cosines of the fp32 weights, computed once with a forward pass in float32 (onnxruntime on the graph of
# `bert_graph`, which agrees with numpy to 1e-4). int8 moves a cosine by up to 0.03; a wrong tokenizer,
# a wrong pooling or a damaged tensor moves it by far more.
KNOWN_COSINES = (
    ("Anna is allergic to peanuts.", "Which foods must Anna avoid?", 0.6374),
    (
        "The meeting room is too cold in the morning.",
        "It is freezing in the conference room before noon.",
        0.6559,
    ),
    (
        "The pump in hall 3 vibrates more than last week.",
        "Hall 3: pump vibration has increased since last week.",
        0.8726,
    ),
)
COSINE_TOLERANCE = 0.05
SIMILAR = (
    *((one, other) for one, other, _ in KNOWN_COSINES),
    ("The boiler in the basement was serviced in March.", "When was the heating system last maintained?"),
    ("The front door was left open all night.", "Nobody closed the entrance yesterday evening."),
)
SIMILAR_ABOVE = 0.40
DISSIMILAR = (
    ("The boiler in the basement was serviced in March.", "Her favourite colour is green."),
    ("Anna is allergic to peanuts.", "The parcel was delivered to the wrong address."),
    ("The pump in hall 3 vibrates more than last week.", "He prefers tea without sugar."),
    ("The front door was left open all night.", "The recipe calls for two eggs and flour."),
)
DISSIMILAR_BELOW = 0.25


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing `check` looked at."""

    what: str
    passed: bool
    detail: str


def check(directory: Path) -> list[Checked]:
    """Hash every file, then embed sentences whose likeness is known. Takes some tenths of a second."""
    try:
        manifest = read_manifest(directory)
    except ModelError as fault:
        return [Checked("manifest", passed=False, detail=fault.message)]
    files = _check_files(directory, manifest)
    if not files.passed:
        return [files]
    try:
        vectors = _embed_known(directory, manifest)
    except Exception as fault:  # noqa: BLE001 - the reader of a check wants the reason, whatever broke
        return [files, Checked("loads", passed=False, detail=f"{type(fault).__name__}: {fault}")]
    return [files, _check_dimension(vectors, manifest), *_check_likeness(vectors, manifest)]


def _check_files(directory: Path, manifest: Manifest) -> Checked:
    bad = [
        name
        for name, seal in manifest.files.items()
        if not (directory / name).is_file() or sha256_of(directory / name) != seal.sha256
    ]
    if bad:
        return Checked("files", passed=False, detail=f"missing or changed: {', '.join(bad)}")
    return Checked("files", passed=True, detail=f"{len(manifest.files)} files have their sha256")


def _embed_known(directory: Path, manifest: Manifest) -> Vectors:
    from fastembed import TextEmbedding  # noqa: PLC0415 - a second to import, and only a check needs it here

    texts = list(dict.fromkeys(text for pair in (*SIMILAR, *DISSIMILAR) for text in pair))
    # without `cache_dir` fastembed makes one in /tmp, which it then never uses
    place = str(directory)
    embedding = TextEmbedding(manifest.name, cache_dir=place, threads=1, specific_model_path=place)
    # one by one: int8 takes its scale from the whole batch, so a text's neighbours move its vector a little
    vectors = (np.asarray(vector, np.float32) for vector in embedding.embed(texts, batch_size=1))
    return dict(zip(texts, vectors, strict=True))


def _check_dimension(vectors: Vectors, manifest: Manifest) -> Checked:
    found = {len(vector) for vector in vectors.values()}
    return Checked(
        "dimension",
        found == {manifest.dimension},
        f"{', '.join(map(str, sorted(found)))}, expected {manifest.dimension}",
    )


def _check_likeness(vectors: Vectors, manifest: Manifest) -> Iterator[Checked]:
    def cosine(one: str, other: str) -> float:
        a, b = vectors[one], vectors[other]
        return float(a @ b / ((a @ a) * (b @ b)) ** 0.5)

    lowest = min(cosine(*pair) for pair in SIMILAR)
    highest = max(cosine(*pair) for pair in DISSIMILAR)
    if manifest.precision != PRECISION:  # another model has its own scale: only the order can be known
        yield Checked("likeness", lowest > highest, f"like {lowest:.3f}, unlike {highest:.3f}")
        return
    yield Checked("like sentences", lowest > SIMILAR_ABOVE, f"{lowest:.3f}, above {SIMILAR_ABOVE} expected")
    yield Checked(
        "unlike sentences", highest < DISSIMILAR_BELOW, f"{highest:.3f}, below {DISSIMILAR_BELOW} expected"
    )
    furthest = max(abs(cosine(one, other) - known) for one, other, known in KNOWN_COSINES)
    yield Checked(
        "known cosines", furthest <= COSINE_TOLERANCE, f"off by {furthest:.3f}, {COSINE_TOLERANCE} allowed"
    )
