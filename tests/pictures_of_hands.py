"""Pictures for tests of the store: made up from a seed, so that each seed is another picture."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from core.images.collection import ImageCollection
from core.vision.boxes import NewBox
from core.vision.detections import Pixels
from core.workloads.rps.classes import CLASSES


def picture(seed: int, width: int = 96, height: int = 64) -> Pixels:
    """Soft coloured patches, shape (height, width, 3)."""
    small = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def box(label: str, x: float = 0.4, y: float = 0.5, provenance: str = "human") -> NewBox:
    return NewBox(label, x, y, 0.3, 0.4, provenance)


def file_bytes(pixels: Pixels, form: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file; ``pixels`` are blue-green-red."""
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).save(buffer, form, **options)
    return buffer.getvalue()


HANDS = ImageCollection("rps", CLASSES)
"""Where most tests put their images."""
