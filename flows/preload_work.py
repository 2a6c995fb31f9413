"""What a worker's fork server imports once (see :mod:`flows.warm`). No threads may be started here."""

from importlib import import_module

from core.workloads.skops_import import import_skops

MODULES = (
    "mlflow.sklearn",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "scipy.stats",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "core.work.kinds",
    "flows.working",
)

for _module in MODULES:
    import_module(_module)
import_skops()
