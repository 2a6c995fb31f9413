"""The class layers of an exported YOLO head: its last 1×1 convolutions, one per scale."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CLASS_LAYER = re.compile(r"\.cv3\.\d+\.2\.weight$")

Weights = list[NDArray[np.float64]]
"""One array per scale, shape (classes, channels + 1): the last column is the bias."""


class HeadError(ValueError):
    """A graph whose class layers are not where a YOLO of ours has them."""


@dataclass(frozen=True, slots=True)
class ClassLayer:
    """One class layer: the names of the tensor that it reads and of its two parameters."""

    features: str
    weight: str
    bias: str


def open_model(file: Path) -> Any:
    """An ``onnx.ModelProto``. Raises :class:`HeadError` when the file is none, ``OSError``."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships none

    try:
        return onnx.load(file)
    except DecodeError as error:
        raise HeadError(f"{file.name} is not an ONNX graph") from error


def class_layers(model: Any) -> list[ClassLayer]:
    """The class layers, finest scale first. Raises :class:`HeadError` when there are none."""
    found = [
        ClassLayer(*node.input[:3])
        for node in model.graph.node
        if node.op_type == "Conv" and len(node.input) == 3 and _CLASS_LAYER.search(node.input[1])
    ]
    if not found:
        raise HeadError("this network has no class layers that can be learnt alone")
    return sorted(found, key=lambda layer: layer.weight)


def weights_of(model: Any) -> Weights:
    """The parameters of the class layers. Raises :class:`HeadError`."""
    from onnx import numpy_helper

    tensors = {one.name: one for one in model.graph.initializer}
    found = []
    for layer in class_layers(model):
        if layer.weight not in tensors or layer.bias not in tensors:
            raise HeadError("the class layers of this network are not stored as plain parameters")
        weight, bias = (numpy_helper.to_array(tensors[name]).astype(np.float64) for name in (layer.weight, layer.bias))
        found.append(np.concatenate([weight.reshape(len(bias), -1), bias[:, None]], axis=1))
    return found


def with_weights(model: Any, weights: Sequence[NDArray[np.float64]]) -> bytes:
    """The graph with other class layers, serialised; ``model`` itself is changed."""
    from onnx import numpy_helper

    tensors = {one.name: one for one in model.graph.initializer}
    for layer, values in zip(class_layers(model), weights, strict=True):
        for name, part in ((layer.weight, values[:, :-1]), (layer.bias, values[:, -1])):
            before = numpy_helper.to_array(tensors[name])
            tensors[name].CopyFrom(numpy_helper.from_array(part.reshape(before.shape).astype(before.dtype), name))
    return bytes(model.SerializeToString())


def with_features(model: Any) -> bytes:
    """The graph that also returns what its class layers read, serialised; ``model`` itself is changed."""
    from onnx import helper

    for layer in class_layers(model):
        model.graph.output.append(helper.make_empty_tensor_value_info(layer.features))
    return bytes(model.SerializeToString())
