"""Everything that an installation knows in one archive, and back. Begin with ``making.py`` and ``restoring.py``."""
