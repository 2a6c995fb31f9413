"""Models: the MLflow registry, promotion and rollback, the loaded champion, tracked runs."""
