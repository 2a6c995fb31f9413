"""Models: the MLflow registry, promotion and rollback, the model in memory, tracked runs."""
