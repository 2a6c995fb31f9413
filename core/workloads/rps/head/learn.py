"""Learns a personal head from a dataset, from images to an exported model."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report
from core.images import SYNTHETIC
from core.workloads.base import Trained
from core.workloads.images.manifest import ManifestImage, manifest_images
from core.workloads.images.minimum_data import lacking, require_enough
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH, META, digest_of, read_meta
from core.workloads.rps.head.examples import Examples, examples_of, joined
from core.workloads.rps.head.features import FeatureExtractor
from core.workloads.rps.head.fit import DECAY, fit
from core.workloads.rps.head.graph import open_model, weights_of, with_weights
from core.workloads.rps.head.replay import REPLAY, read_replay
from core.workloads.rps.head.views import views
from core.workloads.rps.settings import RpsSettings
from core.workloads.rps.starter import has_starter, starter_folder
from core.workloads.rps.training.mlflow_log import FineTuned
from core.workloads.rps.training.recipe import STARTER, threads
from core.workloads.rps.training.training_state import open_training_folder, write_json

_VERSION = 1
_MOST = 600
"""Images: more of them are better learnt by fine-tuning."""


def head_parameters(dataset: Dataset) -> Mapping[str, Any] | None:
    """What, with the dataset, determines a head; None when this dataset is not for one: it has very many
    real images or too few of a class, or fine-tuning starts from other weights than the starter's."""
    settings = RpsSettings.current()
    if not settings.head or settings.base != STARTER or not has_starter() or not _replay_file().is_file():
        return None
    real = _real(manifest_images(dataset, holdout=False))
    if not 0 < len(real) <= _MOST or lacking(real, CLASSES):
        return None
    return {"recipe": f"head-{_VERSION}", "base": STARTER, "base_sha256": _base_sha256(), "decay": DECAY}


def learn_head(dataset: Dataset, parameters: Mapping[str, Any], report: Report) -> Trained:
    """Learn the class layers on the real images outside the holdout, and export the result.

    Raises ``TooFewImagesError``; :class:`core.workloads.rps.head.graph.HeadError` when what ships with the starter is
    damaged.
    """
    files = open_training_folder(dataset, parameters)
    chosen = _real(manifest_images(dataset, holdout=False))
    require_enough(chosen, CLASSES)
    began = time.monotonic()
    start = weights_of(open_model(starter_folder() / GRAPH))
    replay = read_replay(_replay_file(), _base_sha256(), start)
    own = _examples(chosen, lambda share, images: report(0.8 * share, say("rps.head_features", images=images)))
    report(0.8, say("rps.head_fitting", images=len(chosen)))
    _export(files.export_folder, fit(start, joined([own, replay])))
    facts = {"training_pictures": len(chosen), "examples": len(own), "head_s": round(time.monotonic() - began, 1)}
    write_json(files.outcome, facts)
    report(1.0, say("rps.head_learnt", images=len(chosen)))
    return Trained(FineTuned(None), ExportedDetector(files.export_folder), {**parameters, **facts}, parameters)


def _real(chosen: Sequence[ManifestImage]) -> list[ManifestImage]:
    return [picture for picture in chosen if picture.source != SYNTHETIC]


def _examples(chosen: Sequence[ManifestImage], report: Any) -> Examples:
    extractor = FeatureExtractor(starter_folder(), threads())
    found = []
    for number, picture in enumerate(chosen):
        report(number / len(chosen), len(chosen))
        for index, (pixels, boxes) in enumerate(views(picture.pixels(), picture.corners())):
            anchors, placement = extractor.anchors(pixels)
            found.append(examples_of(anchors, picture.labels, placement.to_frame(boxes), index))
    return joined(found)


def _export(folder: Path, weights: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH).write_bytes(with_weights(open_model(starter_folder() / GRAPH), weights))
    meta = replace(read_meta(starter_folder()), sha256=digest_of(folder / GRAPH))
    (folder / META).write_text(json.dumps(asdict(meta), indent=1, sort_keys=True), encoding="utf-8")


def _replay_file() -> Path:
    return starter_folder() / REPLAY


def _base_sha256() -> str:
    return read_meta(starter_folder()).sha256
