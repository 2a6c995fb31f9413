"""Import skops without PyTorch.

skops collects all scikit-learn estimators, which imports every package below ``sklearn``, including the adapter to
PyTorch's arrays. Where PyTorch is installed that costs two seconds and 150 MB in each process that stores a logistic
regression.
"""

from __future__ import annotations

import sys
from importlib import import_module

_ADAPTER = "sklearn.externals.array_api_compat.torch"


def import_skops() -> None:
    """Import ``skops.io`` without PyTorch, which other code can still import."""
    hidden = _ADAPTER not in sys.modules
    if hidden:
        # None makes the import fail, which the walk over the packages takes for "not there".
        sys.modules[_ADAPTER] = None  # type: ignore[assignment]
    try:
        import_module("skops.io")
    finally:
        if hidden:
            del sys.modules[_ADAPTER]
