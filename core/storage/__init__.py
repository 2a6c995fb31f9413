"""Where data lies: datasets in the lake, uploads, shared files, read-only SQL. Begin with ``lake.py``."""
