"""Exports weights: a folder with the graph and its metadata.

``model.onnx`` takes one image, float32 of shape (1, 3, height, width), red-green-blue, 0 to 1, and returns the raw
head, float32 of shape (1, 4 + classes, anchors): centre x, centre y, width, height in pixels of that image, then one
score per class. ``meta.json`` contains the size, the classes, the SHA-256 of the graph and its form:
:data:`RECTANGLES`, height and width are multiples of 32 up to the size (the current form); :data:`SQUARE`, both are the
size (older exports).

A graph contains no code, unlike a ``.pt``: servers run only graphs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.workloads.rps.classes import CLASSES

GRAPH, META = "model.onnx", "meta.json"
SQUARE, RECTANGLES = "yolo-raw-head-1", "yolo-raw-head-2"


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """Metadata of a graph: the longer side of its input in pixels, its classes in order, its SHA-256, its form."""

    size: int
    classes: tuple[str, ...]
    sha256: str
    form: str = RECTANGLES

    @property
    def square(self) -> bool:
        """Whether the graph accepts only squares."""
        return self.form == SQUARE

    def takes(self, sides: Sequence[int | None]) -> None:
        """Raises ``ValueError`` when the input shape of a graph does not match; None stands for a dynamic axis."""
        wanted = ([1, 3, self.size, self.size],) if self.square else ([1, 3, None, None], [None, 3, None, None])
        if list(sides) not in wanted:
            raise ValueError(f"the graph takes {list(sides)} and not {wanted[0]}, images of {self.size} px")


class ExportError(RuntimeError):
    """Weights that cannot be exported; the message says why."""


def export_weights(weights: Path, folder: Path, size: int) -> ExportMetadata:
    """Export a YOLO detection ``.pt`` into ``folder``; ``size``: the longer side of its input in pixels.

    Raises :class:`ExportError` when the weights are not a detector of our classes.
    """
    from core.workloads.rps import torch_setup

    torch_setup.prepare()
    from ultralytics import YOLO

    from core.workloads.rps.dfl_layer import replace_dfl

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # Ultralytics writes beside the weights it was given.
        copy = Path(shutil.copyfile(weights, Path(scratch) / "model.pt"))
        model = YOLO(copy, task="detect")
        names = tuple(model.names[index] for index in sorted(model.names))
        if names != CLASSES:
            raise ExportError(f"{weights.name} detects {', '.join(names[:5])} and not {', '.join(CLASSES)}.")
        replace_dfl(model.model)
        wanted = {"imgsz": size, "dynamic": True, "simplify": False, "device": "cpu", "verbose": False}
        made = Path(model.export(format="onnx", **wanted))
        shutil.copyfile(made, folder / GRAPH)
    meta = ExportMetadata(size, names, digest_of(folder / GRAPH))
    (folder / META).write_text(json.dumps(asdict(meta), indent=1, sort_keys=True), encoding="utf-8")
    return meta


def read_meta(folder: Path) -> ExportMetadata:
    """The metadata of a graph. Raises ``ValueError`` when it does not match the graph or our classes."""
    try:
        values = json.loads((folder / META).read_text(encoding="utf-8"))
        meta = ExportMetadata(int(values["size"]), tuple(values["classes"]), str(values["sha256"]), str(values["form"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{META} does not describe a model: {error!r}") from error
    if (
        meta.form not in (SQUARE, RECTANGLES)
        or meta.classes != CLASSES
        or meta.size % 32
        or not 32 <= meta.size <= 1280
    ):
        raise ValueError(f"{META} describes another kind of model ({meta.form}, {meta.size} px, {meta.classes})")
    if meta.sha256 != digest_of(folder / GRAPH):
        raise ValueError(f"{GRAPH} does not match the SHA-256 in {META}: it was damaged or changed by hand")
    return meta


def copy_export(source: Path, folder: Path) -> None:
    """Copy an exported model without other files in the folder. Raises ``OSError`` when it is missing."""
    for name in (GRAPH, META):
        shutil.copyfile(source / name, folder / name)


def digest_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file. Raises ``OSError`` when it cannot be read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
