"""Storage: datasets in the lake, uploads, the object store with its cache, read-only SQL. Start with ``lake.py``."""
