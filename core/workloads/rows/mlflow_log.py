"""scikit-learn models in MLflow: stored by skops, with a signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.workloads.base import Task


def log_sklearn(model: Any, features: Sequence[str], task: Task) -> str:
    """Log a fitted model into the active run and return its URI."""
    import mlflow.sklearn
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    from core.workloads.rows.skops_import import import_skops

    import_skops()
    answer = DataType.double if task == "regression" else DataType.long
    signature = ModelSignature(
        inputs=Schema([ColSpec(DataType.double, name) for name in features]),
        outputs=Schema([ColSpec(answer)]),
    )
    info = mlflow.sklearn.log_model(
        model,
        name="model",
        signature=signature,
        # Given, because inferring them starts a process and takes seconds.
        pip_requirements=["scikit-learn", "skops", "numpy"],
    )
    return str(info.model_uri)
