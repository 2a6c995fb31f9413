"""Logs a training to the active MLflow run: weights, and curves with epochs as steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FineTuned:
    """The result of a training: the best weights and one row of metrics per epoch.

    A starter without its weights has None.
    """

    weights: Path | None
    curves: list[dict[str, float]] = field(default_factory=list)


def log_to_mlflow(trained: FineTuned) -> str:
    """Returns the URI of the weights. They are for fine-tuning and inspection; servers load the export."""
    import mlflow

    for row in trained.curves:
        mlflow.log_metrics({_name(name): value for name, value in row.items() if name != "epoch"}, int(row["epoch"]))
    if trained.weights is not None:
        mlflow.log_artifact(str(trained.weights), "weights")
    return str(mlflow.get_artifact_uri("weights"))


def _name(column: str) -> str:
    """``metrics/mAP50(B)`` to ``tuning/mAP50``: MLflow allows no brackets, and these are not holdout metrics."""
    return column.replace("metrics/", "tuning/").replace("(B)", "").replace("lr/pg", "lr/group ")
