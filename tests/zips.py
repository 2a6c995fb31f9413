"""Zip archives in memory."""

import io
import zipfile
from collections.abc import Mapping


def zipped(content: Mapping[str, bytes]) -> io.BytesIO:
    """An archive with these files: name → bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer
