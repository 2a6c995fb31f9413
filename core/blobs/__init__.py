"""Files that several machines share: in the data folder, or behind ``SHIFUMI_LAKE_URL``. Begin with ``shelves.py``."""
