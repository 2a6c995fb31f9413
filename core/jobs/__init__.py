"""Jobs: submitted to Prefect, tracked in the catalog, executed here or by workers."""
