"""Backup and restore of a whole installation. Start with ``create.py`` and ``restore.py``."""
