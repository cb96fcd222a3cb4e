"""The real model, from whichever source this machine reaches: fetched, built, and proved.

It is fetched once into the cache that the product uses, so a second run is quick.
"""

import os
import socket
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from fastembed import TextEmbedding
from fastembed.text.onnx_text_model import OnnxTextModel

from memory import model, model_check
from memory.bert_graph import build_graph, read_tensors
from memory.errors import ModelError
from memory.model_fastembed import FastembedModel
from memory.weights import Weights, fetch_weights, sha256_of
from tests.unit.memory.test_bert_graph import forward

pytestmark = pytest.mark.timeout(900)  # 83 MB over a poor line, then the building of it

CACHE_DIR = Path(os.environ.get("MEMBROKER_MODEL_CACHE", "~/.cache/membroker/models")).expanduser()


@pytest.fixture(scope="session")
def fetched() -> Path:
    try:
        return model.fetch(CACHE_DIR, model.DEFAULT_MODEL, print)
    except ModelError as fault:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(fault))


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    try:
        return fetch_weights(tmp_path_factory.mktemp("weights"), print)
    except ModelError as fault:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(fault))


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def test_the_fetched_model_is_whole_and_right(fetched: Path) -> None:
    assert model.is_ready(fetched)
    results = model_check.check(fetched)
    assert [checked for checked in results if not checked.passed] == []
    assert [checked.what for checked in results] == [
        "files",
        "dimension",
        "like sentences",
        "unlike sentences",
        "known cosines",
    ]


@pytest.mark.usefixtures("_no_network")
def test_a_fetched_model_loads_and_embeds_without_a_network(fetched: Path) -> None:
    assert model.fetch(CACHE_DIR, model.DEFAULT_MODEL, print) == fetched
    embedding = TextEmbedding(model.DEFAULT_MODEL, cache_dir=str(fetched), specific_model_path=str(fetched))
    [vector] = embedding.embed(["The window is open."])
    assert vector.shape == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_model_says_when_it_computes(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    encoder = FastembedModel(fetched)
    [plain] = encoder.encode(["the window is open"])
    tokenize = OnnxTextModel.tokenize
    monkeypatch.setattr(
        OnnxTextModel,
        "tokenize",
        lambda self, texts, **options: steps.append("tokenized") or tokenize(self, texts, **options),
    )
    [vector] = encoder.encode(["the window is open"], lambda: steps.append("begun"))
    assert steps == ["tokenized", "begun"]
    assert np.array_equal(vector, plain)


def test_the_same_weights_give_the_same_bytes(weights: Weights, tmp_path: Path) -> None:
    hashes = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        model.assemble(weights, tmp_path / name / "model", tmp_path / name)
        hashes.append({path.name: sha256_of(path) for path in (tmp_path / name / "model").iterdir()})
    assert hashes[0] == hashes[1]


def test_the_real_graph_matches_a_numpy_forward_pass(weights: Weights) -> None:
    tensors = read_tensors(weights.safetensors)
    ids = np.array([[101, 1996, 3332, 2003, 2330, 1012, 102], [101, 7592, 102, 0, 0, 0, 0]])
    mask = (ids != 0).astype(np.int64)
    types = np.zeros_like(ids)
    session = ort.InferenceSession(
        build_graph(tensors, model.HEADS).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    [found] = session.run(None, feeds)
    expected = forward(tensors, model.HEADS, ids, mask, types)
    np.testing.assert_allclose(found[mask == 1], expected[mask == 1], atol=1e-4)
