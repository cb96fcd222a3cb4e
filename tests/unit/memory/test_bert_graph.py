"""The graph computes what BERT computes: compared with a forward pass written in plain numpy."""

import math

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from memory.bert_graph import OPSET, build_graph, read_tensors

WIDTH, INNER, HEADS, LAYERS, WORDS, POSITIONS = 16, 32, 4, 2, 50, 24

Array = NDArray[np.float32]
_erf = np.vectorize(math.erf, otypes=[np.float32])


def tiny_tensors(seed: int = 7) -> dict[str, Array]:
    """Random weights by the names a BERT checkpoint has, with what it carries and the encoder ignores."""
    rng = np.random.default_rng(seed)

    def random(*shape: int) -> Array:
        return (rng.standard_normal(shape) * 0.3).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": random(WORDS, WIDTH),
        "embeddings.position_embeddings.weight": random(POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": random(2, WIDTH),
        "embeddings.LayerNorm.weight": random(WIDTH),
        "embeddings.LayerNorm.bias": random(WIDTH),
        "pooler.dense.weight": random(WIDTH, WIDTH),
    }
    parts = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
    parts |= {"attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (INNER, WIDTH)}
    parts |= {
        "output.dense": (WIDTH, INNER),
        "attention.output.LayerNorm": (WIDTH,),
        "output.LayerNorm": (WIDTH,),
    }
    for layer in range(LAYERS):
        for part, shape in parts.items():
            tensors[f"encoder.layer.{layer}.{part}.weight"] = random(*shape)
            tensors[f"encoder.layer.{layer}.{part}.bias"] = random(shape[0])
    return tensors


def forward(tensors: dict[str, Array], heads: int, ids: Array, mask: Array, types: Array) -> Array:
    """BERT's encoder, as its paper has it, sharing no code with the graph."""

    def norm(name: str, x: Array) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def dense(name: str, x: Array) -> Array:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def attention(name: str, x: Array) -> Array:
        batch, length, width = x.shape
        split = (batch, length, heads, width // heads)
        q, k, v = (dense(f"{name}.{part}", x).reshape(split) for part in ("query", "key", "value"))
        scores = np.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(width // heads)
        scores = np.where(mask[:, None, None, :] == 1, scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return np.einsum("bhqk,bkhd->bqhd", weights, v).reshape(x.shape)

    table = "embeddings.{}_embeddings.weight".format
    x = tensors[table("word")][ids] + tensors[table("token_type")][types]
    x = norm("embeddings.LayerNorm", x + tensors[table("position")][: ids.shape[1]])
    for layer in range(len([name for name in tensors if name.endswith("self.query.bias")])):
        at = f"encoder.layer.{layer}"
        attended = dense(f"{at}.attention.output.dense", attention(f"{at}.attention.self", x))
        x = norm(f"{at}.attention.output.LayerNorm", attended + x)
        wide = dense(f"{at}.intermediate.dense", x)
        wide = wide * (1 + _erf(wide / math.sqrt(2))) / 2
        x = norm(f"{at}.output.LayerNorm", dense(f"{at}.output.dense", wide) + x)
    return x


def run(model: onnx.ModelProto, ids: Array, mask: Array, types: Array) -> Array:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return session.run(["last_hidden_state"], feeds)[0]


def padded(lengths: list[int]) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(len(lengths))
    mask = np.array([[int(i < length) for i in range(max(lengths))] for length in lengths])
    ids = rng.integers(1, WORDS, mask.shape) * mask
    return ids, mask, rng.integers(0, 2, mask.shape)


@pytest.mark.parametrize("lengths", [[1], [5], [POSITIONS], [3, 9, 6], [8] * 5])
def test_matches_a_numpy_forward_pass(lengths: list[int]) -> None:
    tensors = tiny_tensors()
    ids, mask, types = padded(lengths)
    expected = forward(tensors, HEADS, ids, mask, types)
    found = run(build_graph(tensors, HEADS), ids, mask, types)
    real = mask == 1  # what padding holds is nobody's business
    np.testing.assert_allclose(found[real], expected[real], atol=1e-4)


def test_padding_does_not_change_a_text() -> None:
    model = build_graph(tiny_tensors(), HEADS)
    ids, mask, types = padded([4, 12])
    alone = run(model, ids[:1, :4], mask[:1, :4], types[:1, :4])
    np.testing.assert_allclose(run(model, ids, mask, types)[:1, :4], alone, atol=1e-5)


def test_is_valid_onnx_of_standard_operators_only() -> None:
    model = build_graph(tiny_tensors(), HEADS)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]


def test_counts_layers_and_leaves_out_the_pooler() -> None:
    graph = build_graph(tiny_tensors(), HEADS).graph
    assert sum(node.op_type == "Softmax" for node in graph.node) == LAYERS
    assert not [constant.name for constant in graph.initializer if constant.name.startswith("pooler")]


def test_onnxruntime_leaves_the_residual_sums_unfused(tmp_path) -> None:
    """The fused kernel is five times slower; what brings it back must be seen."""
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3  # it warns that the file suits this machine only, which is what we ask
    model = build_graph(tiny_tensors(), HEADS).SerializeToString()
    ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    operators = {node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node}
    assert "SkipLayerNormalization" not in operators
    assert "Sum" in operators


def test_the_same_tensors_give_the_same_bytes() -> None:
    first, second = (build_graph(tiny_tensors(), HEADS).SerializeToString() for _ in range(2))
    assert first == second


def test_reads_tensors_from_a_file(tmp_path) -> None:
    save_file(tiny_tensors(), tmp_path / "tiny.safetensors")
    read = read_tensors(tmp_path / "tiny.safetensors")
    assert build_graph(read, HEADS) == build_graph(tiny_tensors(), HEADS)
