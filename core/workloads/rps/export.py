"""From weights to the served form: a folder with the graph and what one must know to run it.

``model.onnx`` takes one picture, float32 of shape (1, 3, size, size), red-green-blue, 0 to 1, and answers with the
raw head, float32 of shape (1, 4 + classes, anchors): centre x, centre y, width, height in pixels of that square,
then one score per class. ``meta.json`` says the size, the classes and the SHA-256 of the graph.

A graph holds no code, unlike a ``.pt``: it is what runs in servers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from core.workloads.rps.classes import CLASSES

GRAPH, META = "model.onnx", "meta.json"
_FORM = "yolo-raw-head-1"


@dataclass(frozen=True, slots=True)
class Meta:
    """What belongs to a graph: the side of its square input in pixels, its classes in order, its SHA-256."""

    size: int
    classes: tuple[str, ...]
    sha256: str
    form: str = _FORM


class ExportError(RuntimeError):
    """Weights that cannot become a served form; the message says why."""


def export_weights(weights: Path, folder: Path, size: int) -> Meta:
    """Write the served form of a YOLO detection ``.pt`` into ``folder``, for square pictures of ``size`` pixels.

    Raises :class:`ExportError` when the weights are not a detector of our classes.
    """
    from core.workloads.rps import torch_setup

    torch_setup.prepare()
    from ultralytics import YOLO

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # Ultralytics writes beside the weights it was given.
        copy = Path(shutil.copyfile(weights, Path(scratch) / "model.pt"))
        model = YOLO(copy, task="detect")
        names = tuple(model.names[index] for index in sorted(model.names))
        if names != CLASSES:
            raise ExportError(f"{weights.name} detects {', '.join(names[:5])} and not {', '.join(CLASSES)}.")
        made = Path(model.export(format="onnx", imgsz=size, simplify=False, device="cpu", verbose=False))
        shutil.copyfile(made, folder / GRAPH)
    meta = Meta(size, names, digest_of(folder / GRAPH))
    (folder / META).write_text(json.dumps(asdict(meta), indent=1, sort_keys=True), encoding="utf-8")
    return meta


def read_meta(folder: Path) -> Meta:
    """The description beside a graph. Raises ``ValueError`` when it does not fit the graph or our classes."""
    try:
        values = json.loads((folder / META).read_text(encoding="utf-8"))
        meta = Meta(int(values["size"]), tuple(values["classes"]), str(values["sha256"]), str(values["form"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{META} does not describe a model: {error!r}") from error
    if meta.form != _FORM or meta.classes != CLASSES or meta.size % 32 or not 32 <= meta.size <= 1280:
        raise ValueError(f"{META} describes another kind of model ({meta.form}, {meta.size} px, {meta.classes})")
    if meta.sha256 != digest_of(folder / GRAPH):
        raise ValueError(f"{GRAPH} does not match the SHA-256 in {META}: it was damaged or changed by hand")
    return meta


def copy_form(source: Path, folder: Path) -> None:
    """Copy a served form, nothing else that lies beside it. Raises ``OSError`` when it is not there any more."""
    for name in (GRAPH, META):
        shutil.copyfile(source / name, folder / name)


def digest_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file. Raises ``OSError`` when it cannot be read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
