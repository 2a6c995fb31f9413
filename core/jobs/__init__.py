"""Long work: submitted to Prefect, followed in the catalog, run here or by workers."""
