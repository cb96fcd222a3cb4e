"""The model port over fastembed: a model directory in, vectors out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import TextEmbedding

from memory.embedding import Begun
from memory.errors import ModelError
from memory.model import read_manifest
from memory.records import Vector
from memory.tokens import ModelTokens


class FastembedModel:
    """A sentence encoder loaded from a directory that `memory.model.fetch` made."""

    def __init__(self, directory: Path) -> None:
        """Raises ModelError where there is no whole model."""
        manifest = read_manifest(directory)
        self.name = manifest.name
        self.precision = manifest.precision
        self.dimension = manifest.dimension
        self.tokens = ModelTokens(directory)
        # One thread a call: calls run beside each other instead, which parallelises better than the insides
        # of one, and lets a query through while ingest embeds. The cache_dir is only named, never used.
        try:
            self._embedding = TextEmbedding(
                manifest.name, cache_dir=str(directory), threads=1, specific_model_path=str(directory)
            )
        except Exception as error:
            raise ModelError(
                f"the model in {directory} cannot be loaded: {error}",
                hint="Look closer: membroker model check",
            ) from error

        encoder: Any = self._embedding.model
        # What fastembed calls between its tokenizer and the ONNX session, with what `embed` was given.
        encoder._preprocess_onnx_input = _then_begun(encoder._preprocess_onnx_input)  # noqa: SLF001

    def encode(self, texts: Sequence[str], begun: Begun | None = None) -> list[Vector]:
        """See memory.embedding.Model."""
        embedded = self._embedding.embed(list(texts), batch_size=len(texts), begun=begun)
        vectors = np.asarray(list(embedded), dtype=np.float32)
        return list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _then_begun(prepare: Callable[..., Any]) -> Callable[..., Any]:
    def prepared(inputs: dict[str, Any], *, begun: Begun | None = None, **options: Any) -> Any:
        ready = prepare(inputs, **options)
        if begun is not None:
            begun()
        return ready

    return prepared
