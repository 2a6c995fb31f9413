"""Writes the shipped files from the trained network: weights, exported model, and metrics."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from core.workloads.rps.export import GRAPH, META, ExportMetadata, digest_of, export_weights
from tools.starter.half_precision import halve

WEIGHTS = "starter.pt"


def ship(weights: Path, folder: Path, size: int) -> ExportMetadata:
    """Write the served form of ``weights`` into ``folder``, its graph halved. Raises ``ExportError`` if it cannot."""
    meta = export_weights(weights, folder, size)
    halve(folder / GRAPH)
    meta = dataclasses.replace(meta, sha256=digest_of(folder / GRAPH))
    (folder / META).write_text(json.dumps(dataclasses.asdict(meta), indent=1, sort_keys=True), encoding="utf-8")
    return meta
