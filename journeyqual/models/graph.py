"""A BERT encoder as an ONNX graph, made in memory from its weights and ``config.json``.

Nothing is read from a file that holds code: the weights are plain arrays and the graph is the
published one (Devlin et al. 2019, "BERT"; Reimers and Gurevych 2019, "Sentence-BERT", for the
pooling). So any safetensors file of that family runs on onnxruntime without torch, whatever its
number of layers, heads and dimensions, and whether its weights are fp32, fp16 or int8 with scales.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyqual.errors import ModelError

OPSET = 20
"""The first with Gelu as one operator."""
IR_VERSION = 9
"""What onnxruntime 1.17 and later read."""
SMALL = 1024
"""Weights up to this many numbers stand in the model itself, so that onnxruntime can fold them."""
SCALE = ".scale"
"""An int8 matrix ``NAME`` comes with one float per row in ``NAME.scale``."""

Tensors = Mapping[str, NDArray[Any]]
Value = tuple[str, list[str | int]]


@dataclass(frozen=True)
class BertShape:
    """How large a BERT is: the numbers of its ``config.json`` that its graph depends on."""

    layers: int
    heads: int
    dim: int
    positions: int
    epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BertShape:
        """Return the shape that a ``config.json`` describes.

        Raises
        ------
        ModelError
            If it is no BERT with GELU and absolute positions, or a number is missing.
        """
        wanted = {
            "model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute",
        }  # fmt: skip
        for key, value in wanted.items():
            if config.get(key, value) != value:
                raise ModelError(f"the encoder's config has {key} {config[key]!r}, not {value!r}")
        try:
            shape = cls(
                layers=int(config["num_hidden_layers"]),
                heads=int(config["num_attention_heads"]),
                dim=int(config["hidden_size"]),
                positions=int(config["max_position_embeddings"]),
                epsilon=float(config.get("layer_norm_eps", 1e-12)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the encoder's config lacks a number: {error}") from None
        if min(shape.layers, shape.heads, shape.dim) < 1 or shape.dim % shape.heads:
            raise ModelError(f"{shape.dim} dimensions do not divide into {shape.heads} heads")
        return shape


def floats(tensors: Tensors, name: str) -> NDArray[np.float32]:
    """Return one weight as float32, stored as float32, float16 or int8 with row scales.

    Parameters
    ----------
    tensors
        All weights by name.
    name
        The weight wanted; an int8 one needs ``NAME.scale``, one float per row.

    Raises
    ------
    ModelError
        If it is not there, or is int8 without its scales.

    Examples
    --------
    >>> half = {"w": np.array([[2, -4]], np.int8), "w.scale": np.array([0.5], np.float16)}
    >>> floats(half, "w").tolist()
    [[1.0, -2.0]]
    """
    if name not in tensors:
        raise ModelError(f"the encoder's weights lack {name!r}")
    value = tensors[name]
    if value.dtype == np.int8:
        if name + SCALE not in tensors:
            raise ModelError(f"the int8 weight {name!r} has no {name + SCALE!r}")
        scale = tensors[name + SCALE].astype(np.float32)
        return value.astype(np.float32) * scale.reshape(-1, *[1] * (value.ndim - 1))
    return np.ascontiguousarray(value, dtype=np.float32)


@dataclass(frozen=True)
class Graph:
    """An ONNX model without its weights, and the weights that a session is handed with it."""

    model: bytes
    weights: Mapping[str, NDArray[Any]]


def build_lower(tensors: Tensors, shape: BertShape, layers: int) -> Graph:
    """Return a BERT's first layers as a graph: texts, each by itself, to a state per token.

    Parameters
    ----------
    tensors, shape
        As for `build`.
    layers
        How many layers these are.

    Returns
    -------
    Graph
        A model with the inputs ``ids`` (texts, tokens) and ``kind`` (1), the token type of all of
        them, int64; output ``hidden`` (texts, tokens, dim). As in `build`, texts of one batch have
        the same number of tokens.

    Raises
    ------
    ModelError
        If a weight is missing.
    """
    writer = _Writer(tensors)
    types = writer.weight("embeddings.token_type_embeddings.weight")
    kind = writer.add("Gather", types, "kind")
    hidden = _embeddings(writer, shape, kind)
    for layer in range(layers):
        hidden = _layer(writer, hidden, f"encoder.layer.{layer}", shape)
    inputs: dict[str, Value] = {"ids": ("INT64", ["texts", "tokens"]), "kind": ("INT64", [1])}
    return writer.finish(inputs, {"hidden": (hidden, ["texts", "tokens", shape.dim])})


def build_upper(tensors: Tensors, shape: BertShape, first: int) -> Graph:
    """Return a BERT's last layers as a graph in which a bias says who attends to whom.

    Parameters
    ----------
    tensors, shape
        As for `build`.
    first
        The layer that they begin with.

    Returns
    -------
    Graph
        A model with the inputs ``states`` (1, tokens, dim) and ``bias`` (tokens, tokens), which is
        added to the logits of every head's attention; output ``hidden`` (1, tokens, dim).

    Raises
    ------
    ModelError
        If a weight is missing.
    """
    writer = _Writer(tensors)
    hidden = "states"
    for layer in range(first, shape.layers):
        hidden = _layer(writer, hidden, f"encoder.layer.{layer}", shape, "bias")
    inputs: dict[str, Value] = {
        "states": ("FLOAT", [1, "tokens", shape.dim]), "bias": ("FLOAT", ["tokens", "tokens"]),
    }  # fmt: skip
    return writer.finish(inputs, {"hidden": (hidden, [1, "tokens", shape.dim])})


def build(tensors: Tensors, shape: BertShape) -> Graph:
    """Return the model as a graph: token ids in, one vector per token out.

    Parameters
    ----------
    tensors
        Weights under their usual BERT names (``embeddings.…``, ``encoder.layer.N.…``).
    shape
        Numbers from the model's ``config.json``.

    Returns
    -------
    Graph
        A model with the input ``ids`` (texts, tokens), int64, and the output ``hidden`` (texts,
        tokens, dim), float32. It has no attention mask: all texts of a batch must have the same
        number of tokens. That is what makes a vector independent of its batch, since padding would
        change the order in which numbers are added.

    Raises
    ------
    ModelError
        If a weight is missing.
    """
    writer = _Writer(tensors)
    hidden = _embeddings(writer, shape)
    for layer in range(shape.layers):
        hidden = _layer(writer, hidden, f"encoder.layer.{layer}", shape)
    inputs: dict[str, Value] = {"ids": ("INT64", ["texts", "tokens"])}
    return writer.finish(inputs, {"hidden": (hidden, ["texts", "tokens", shape.dim])})


class _Writer:
    """Nodes and weights, collected in order; each `add` returns the name of its output."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self._nodes: list[Any] = []
        self._weights: dict[str, NDArray[Any]] = {}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, name: str, value: NDArray[Any] | None = None) -> str:
        if name not in self._weights:
            array = floats(self.tensors, name) if value is None else value
            self._weights[name] = np.ascontiguousarray(array)
        return name

    def constant(self, name: str, values: list[int]) -> str:
        return self.weight(name, np.array(values, np.int64))

    def linear(self, hidden: str, name: str) -> str:
        # BERT stores (out, in); ONNX multiplies from the left.
        matrix = self.weight(f"{name}.weight.T", floats(self.tensors, f"{name}.weight").T)
        return self.add("Add", self.add("MatMul", hidden, matrix), self.weight(f"{name}.bias"))

    def norm(self, hidden: str, name: str, epsilon: float) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", hidden, scale, bias, axis=-1, epsilon=epsilon)

    def finish(self, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> Graph:
        """Close the graph: inputs are name to (type, shape), outputs name to (node, shape)."""
        from onnx import TensorProto, helper

        for name, (node, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [node], [name]))
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, getattr(TensorProto, kind), dims)
                for name, (kind, dims) in inputs.items()
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
                for name, (_, dims) in outputs.items()
            ],
            [_declared(name, value) for name, value in self._weights.items()],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        return Graph(bytes(model.SerializeToString()), self._weights)


def _declared(name: str, value: NDArray[Any]) -> Any:
    """Return a tensor's declaration; a large one's numbers stay out of the model."""
    from onnx import TensorProto, helper, numpy_helper

    if value.size <= SMALL:
        return numpy_helper.from_array(value, name)
    tensor = TensorProto(
        name=name, dims=value.shape, data_type=helper.np_dtype_to_tensor_dtype(value.dtype)
    )
    tensor.data_location = TensorProto.EXTERNAL
    # The format wants a file's name; the session never opens it, because it is handed the weight.
    tensor.external_data.add(key="location", value="handed-over")
    return tensor


def _embeddings(graph: _Writer, shape: BertShape, kind: str | None = None) -> str:
    """Word, place and token type; without a ``kind`` every token is of type 0."""
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    tensors = graph.tensors
    positions = floats(tensors, "embeddings.position_embeddings.weight")
    if kind is None:
        # The row of type 0 is added to every position once and for all.
        positions = positions + floats(tensors, "embeddings.token_type_embeddings.weight")[0]
    else:
        words = graph.add("Add", words, kind)
    places = graph.weight("positions", positions)
    tokens = graph.add("Shape", "ids", start=1, end=2)
    here = graph.add("Slice", places, graph.constant("zero", [0]), tokens)
    return graph.norm(graph.add("Add", words, here), "embeddings.LayerNorm", shape.epsilon)


def _layer(graph: _Writer, hidden: str, name: str, shape: BertShape, bias: str = "") -> str:
    mixed = _attention(graph, hidden, name, shape, bias)
    attended = graph.linear(mixed, f"{name}.attention.output.dense")
    hidden = graph.norm(
        graph.add("Add", attended, hidden), f"{name}.attention.output.LayerNorm", shape.epsilon
    )
    inner = graph.add("Gelu", graph.linear(hidden, f"{name}.intermediate.dense"))
    outer = graph.linear(inner, f"{name}.output.dense")
    return graph.norm(graph.add("Add", outer, hidden), f"{name}.output.LayerNorm", shape.epsilon)


def _attention(graph: _Writer, hidden: str, name: str, shape: BertShape, bias: str) -> str:
    size = shape.dim // shape.heads
    split = graph.constant("split_heads", [0, 0, shape.heads, size])

    def heads(part: str, order: list[int]) -> str:
        flat = graph.linear(hidden, f"{name}.attention.self.{part}")
        return graph.add("Transpose", graph.add("Reshape", flat, split), perm=order)

    queries, values = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    scores = graph.add("MatMul", queries, heads("key", [0, 2, 3, 1]))
    root = graph.weight("head_root", np.array(np.sqrt(size), np.float32))
    logits = graph.add("Div", scores, root)
    weights = graph.add("Softmax", graph.add("Add", logits, bias) if bias else logits, axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, values), perm=[0, 2, 1, 3])
    return graph.add("Reshape", mixed, graph.constant("join_heads", [0, 0, shape.dim]))
