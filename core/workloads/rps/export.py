"""From weights to the served form: a folder with the graph and what one must know to run it.

``model.onnx`` takes one picture, float32 of shape (1, 3, height, width), red-green-blue, 0 to 1, and answers with the
raw head, float32 of shape (1, 4 + classes, anchors): centre x, centre y, width, height in pixels of that picture,
then one score per class. ``meta.json`` says the size, the classes, the SHA-256 of the graph and its form:
:data:`RECTANGLES`, height and width are multiples of 32 up to the size, which is what is written now; :data:`SQUARE`,
both are the size, as exports of before are.

A graph holds no code, unlike a ``.pt``: it is what runs in servers.
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
    """What belongs to a graph: the longest side of its input in pixels, its classes in order, its SHA-256, its form."""

    size: int
    classes: tuple[str, ...]
    sha256: str
    form: str = RECTANGLES

    @property
    def square(self) -> bool:
        """Whether the graph takes nothing but squares."""
        return self.form == SQUARE

    def takes(self, sides: Sequence[int | None]) -> None:
        """Raises ``ValueError`` when a graph with an input of that shape is another one; None is for any length."""
        wanted = ([1, 3, self.size, self.size],) if self.square else ([1, 3, None, None], [None, 3, None, None])
        if list(sides) not in wanted:
            raise ValueError(f"the graph takes {list(sides)} and not {wanted[0]}, images of {self.size} px")


class ExportError(RuntimeError):
    """Weights that cannot become a served form; the message says why."""


def export_weights(weights: Path, folder: Path, size: int) -> ExportMetadata:
    """Write the served form of a YOLO detection ``.pt`` into ``folder``; ``size``: its pictures' longer side in pixels.

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
    """The description beside a graph. Raises ``ValueError`` when it does not fit the graph or our classes."""
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
    """Copy a served form, nothing else that lies beside it. Raises ``OSError`` when it is not there any more."""
    for name in (GRAPH, META):
        shutil.copyfile(source / name, folder / name)


def digest_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file. Raises ``OSError`` when it cannot be read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
