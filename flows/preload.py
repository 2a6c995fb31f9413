"""What the fork server imports once (see :mod:`flows.warm`). No threads may be started here."""

from importlib import import_module

from core.workloads.skops_import import import_skops

MODULES = (
    "prefect.main",
    "prefect.flow_engine",
    "mlflow.sklearn",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "scipy.stats",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "core.workloads.linear_plots",
    "core.workloads.linear_scores",
    "flows.check",
    "flows.generate",
    "flows.import_images",
    "flows.predict_file",
    "flows.propose_boxes",
    "flows.predict_video",
)

for _module in MODULES:
    import_module(_module)
import_skops()
