"""The model that ships with the project, so that there is something to play with before anything was trained."""

from __future__ import annotations

from pathlib import Path

from core.workloads.rps.export import GRAPH

_WEIGHTS = "starter.pt"


def starter_folder() -> Path:
    """Holds the served form, the weights that fine-tuning starts from, and the model card."""
    return Path(__file__).resolve().parent / "starter"


def starter_weights() -> Path | None:
    """The weights, when they are part of this copy of the project."""
    weights = starter_folder() / _WEIGHTS
    return weights if weights.is_file() else None


def has_starter() -> bool:
    """Whether the served form is there: a clone without large files may lack it."""
    return (starter_folder() / GRAPH).is_file()
