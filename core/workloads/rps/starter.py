"""The starter model that ships with the project, for use before anything is trained."""

from __future__ import annotations

from pathlib import Path

from core.workloads.rps.export import GRAPH

_WEIGHTS = "starter.pt"

STARTER_SEEDS = 2000
"""The starter was trained on the rendered images of the seeds below this one; see its model card."""


def starter_folder() -> Path:
    """The folder with the exported model, the weights for fine-tuning, and the model card."""
    return Path(__file__).resolve().parent / "starter"


def starter_weights() -> Path | None:
    """The weights, if this copy of the project contains them."""
    weights = starter_folder() / _WEIGHTS
    return weights if weights.is_file() else None


def has_starter() -> bool:
    """Whether the exported model exists: a clone without large files may lack it."""
    return (starter_folder() / GRAPH).is_file()
