"""Import MLflow without the packages that only training needs.

MLflow's registry client works without pandas, PyArrow, SciPy, scikit-learn and Matplotlib: the distribution
``mlflow-skinny`` is the same code without them. Where they are installed, importing MLflow imports them too, which
costs a process that only polls an alias 50 MB and half a second.
"""

from __future__ import annotations

import importlib
import os
import sys

_NOT_NEEDED = ("pandas", "pyarrow", "scipy", "sklearn", "matplotlib")
_NEEDED = (
    "mlflow.artifacts",
    "mlflow.tracking.client",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
)


def import_mlflow() -> None:
    """Import the parts of MLflow that :mod:`core.models.registry` uses, once.

    No other thread may import the heavy packages meanwhile.
    """
    if "mlflow" in sys.modules:
        return
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    for name in hidden:
        # None makes `import name` raise ImportError, as if the package were not installed.
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        for name in _NEEDED:
            importlib.import_module(name)
    finally:
        for name in hidden:
            if sys.modules.get(name) is None:
                del sys.modules[name]
