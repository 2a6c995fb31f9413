"""Shared imports of fork servers, so that forked processes start fast. No threads may be started here."""

from importlib import import_module

from core.workloads.rows.skops_import import import_skops

TRAINING_MODULES = (
    "mlflow.sklearn",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "scipy.stats",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.pipeline",
    "sklearn.preprocessing",
)


def import_all(*modules: str) -> None:
    """Import these modules, and those that any training needs."""
    for module in (*TRAINING_MODULES, *modules):
        import_module(module)
    import_skops()
