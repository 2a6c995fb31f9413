"""Backup and restore of a whole installation. Start with ``making.py`` and ``restoring.py``."""
