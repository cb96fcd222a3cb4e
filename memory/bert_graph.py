"""The ONNX graph of a BERT encoder, built from its tensors.

The graph uses only ONNX's own operators, so onnx's checker and shape inference cover all of it, and
onnxruntime fuses what pays when it loads it: softmax scaling, `Gelu`, and, once quantised, each
matrix product with its bias.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

OPSET = 20  # the first with Gelu as one operator
IR_VERSION = 9  # what belongs to opset 20; newer ones shut out older onnxruntimes for nothing
LAYER_NORM_EPSILON = 1e-12
PRODUCER = "membroker"

Tensors = Mapping[str, NDArray[Any]]


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Every tensor of a safetensors file by name."""
    return dict(load_file(path))


def build_graph(tensors: Tensors, heads: int) -> onnx.ModelProto:
    """The encoder as ONNX: ids, mask and types in (int64, any batch and length), `last_hidden_state` out.

    Layers and sizes are read off the tensors; only the number of attention heads cannot be.
    """
    graph = _Graph(tensors)
    mask = _attention_mask(graph)
    hidden = _embeddings(graph)
    for layer in range(_count_layers(tensors)):
        hidden = _layer(graph, f"encoder.layer.{layer}", hidden, mask, heads)
    graph.nodes.append(
        helper.make_node("Identity", [hidden], ["last_hidden_state"], name="last_hidden_state")
    )
    return graph.model(width=tensors["embeddings.LayerNorm.weight"].shape[0])


class _Graph:
    """Nodes and constants in the order they were added; what a node is named is what its output is named."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def tensor(self, name: str) -> str:
        return self.constant(name, self.tensors[name].astype(np.float32, copy=False))

    def add(self, operator: str, name: str, *inputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def dense(self, name: str, source: str) -> str:
        """`source` times the layer's weight, plus its bias."""
        weight = self.tensors[f"{name}.weight"].astype(np.float32, copy=False).T
        product = self.add("MatMul", f"{name}.matmul", source, self.constant(f"{name}.weight", weight))
        return self.add("Add", f"{name}.add", product, self.tensor(f"{name}.bias"))

    def layer_norm(self, name: str, source: str) -> str:
        scale, shift = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        return self.add("LayerNormalization", name, source, scale, shift, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def model(self, width: int) -> onnx.ModelProto:
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        shape: list[str | int | None] = ["batch", "sequence", width]
        output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "bert", inputs, [output], list(self.constants.values()))
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name=PRODUCER)
        # Says to the quantiser that there is nothing left to fold, which is so; without it, it warns.
        helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
        return model


def _attention_mask(graph: _Graph) -> str:
    """0 where there is a token and the lowest float where there is padding, to add to attention scores."""
    one, axes = (
        graph.constant("mask.one", np.array(1, np.float32)),
        graph.constant("mask.axes", np.array([1, 2])),
    )
    lowest = graph.constant("mask.lowest", np.array(np.finfo(np.float32).min))
    real = graph.add("Cast", "mask.cast", "attention_mask", to=TensorProto.FLOAT)
    spread = graph.add("Unsqueeze", "mask.unsqueeze", real, axes)
    return graph.add("Mul", "mask", graph.add("Sub", "mask.padding", one, spread), lowest)


def _embeddings(graph: _Graph) -> str:
    words = graph.tensor("embeddings.word_embeddings.weight")
    types = graph.tensor("embeddings.token_type_embeddings.weight")
    positions = graph.tensor("embeddings.position_embeddings.weight")
    zero = graph.constant("embeddings.zero", np.array([0]))
    length = graph.add("Shape", "embeddings.length", "input_ids", start=1, end=2)
    word = graph.add("Gather", "embeddings.word", words, "input_ids")
    kind = graph.add("Gather", "embeddings.type", types, "token_type_ids")
    position = graph.add("Slice", "embeddings.position", positions, zero, length, zero)
    total = graph.add("Add", "embeddings.sum", graph.add("Add", "embeddings.typed", word, kind), position)
    return graph.layer_norm("embeddings.LayerNorm", total)


def _layer(graph: _Graph, name: str, source: str, mask: str, heads: int) -> str:
    context = _attention(graph, f"{name}.attention.self", source, mask, heads)
    attended = _residual(graph, f"{name}.attention.output", context, source)
    widened = graph.dense(f"{name}.intermediate.dense", attended)
    return _residual(graph, f"{name}.output", graph.add("Gelu", f"{name}.gelu", widened), attended)


def _attention(graph: _Graph, name: str, source: str, mask: str, heads: int) -> str:
    width = graph.tensors[f"{name}.query.bias"].shape[0]
    per_head = graph.constant("attention.per_head", np.array([0, 0, heads, width // heads]))
    together = graph.constant("attention.together", np.array([0, 0, width]))
    root = graph.constant("attention.root", np.array(np.sqrt(width // heads), np.float32))

    def split(part: str, order: list[int]) -> str:
        dense = graph.dense(f"{name}.{part}", source)
        shaped = graph.add("Reshape", f"{name}.{part}.reshape", dense, per_head)
        return graph.add("Transpose", f"{name}.{part}.transpose", shaped, perm=order)

    query, key, value = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scores = graph.add("Div", f"{name}.scaled", graph.add("MatMul", f"{name}.scores", query, key), root)
    masked = graph.add("Add", f"{name}.masked", scores, mask)
    weights = graph.add("Softmax", f"{name}.softmax", masked, axis=-1)
    context = graph.add("MatMul", f"{name}.context", weights, value)
    joined = graph.add("Transpose", f"{name}.transpose", context, perm=[0, 2, 1, 3])
    return graph.add("Reshape", f"{name}.reshape", joined, together)


def _residual(graph: _Graph, name: str, source: str, skipped: str) -> str:
    """A dense layer, plus what went round it, normalised.

    The addition is a `Sum`, not an `Add`: onnxruntime fuses `Add` and `LayerNormalization` into
    SkipLayerNormalization, whose CPU kernel takes five times as long as the two (31 % of the whole
    int8 model at 25 tokens, against 6 %). It leaves `Sum` alone, for 1.4 times the texts a second.
    """
    total = graph.add("Sum", f"{name}.sum", graph.dense(f"{name}.dense", source), skipped)
    return graph.layer_norm(f"{name}.LayerNorm", total)


def _count_layers(tensors: Tensors) -> int:
    numbers = {int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer.")}
    return max(numbers, default=-1) + 1
