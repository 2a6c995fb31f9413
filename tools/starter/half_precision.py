"""Halves the size of a graph: weights in 16 bits, converted back to 32 bits when loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_WORTHWHILE = 256


def halve(graph: Path) -> None:
    """Rewrite an ONNX file in place, each large float32 weight as float16 followed by a cast.

    It computes in 32 bits as before. A weight changes by at most one part in 2,048, as it does in a ``.pt`` that
    ultralytics halves.
    """
    model = onnx.load(graph)
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _WORTHWHILE:
            continue
        name = weight.name
        small = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{name}.half")
        weight.CopyFrom(small)
        casts.append(helper.make_node("Cast", [small.name], [name], to=TensorProto.FLOAT, name=f"{name}.widen"))
    _without_notes(model)
    kept = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *kept])
    onnx.checker.check_model(model)
    onnx.save(model, graph)


def _without_notes(model: onnx.ModelProto) -> None:
    """Drop the hour of the export and the exporter's stack traces: the same weights give the same file."""
    del model.metadata_props[:]
    model.graph.doc_string = ""
    for part in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.doc_string = ""
        del part.metadata_props[:]
