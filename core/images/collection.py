"""The image collection of a workload: its name, its classes and its annotation type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.vision.boxes import BadBoxError, NewBox

_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class ImageCollection:
    """The images of one workload. ``classes`` are in the order of the model's outputs.

    ``whole_image``: a label applies to the whole image. It is stored as one box that covers the image, so the store,
    the review and the statistics need no second representation.
    """

    workload: str
    classes: tuple[str, ...]
    whole_image: bool = False

    def check(self, boxes: Sequence[NewBox], *, complete: bool = False) -> None:
        """Raise :class:`core.vision.boxes.BadBoxError` for boxes that this collection does not allow.

        ``complete``: the boxes are final, so a collection of whole-image labels requires one.
        """
        for box in boxes:
            if box.label not in self.classes:
                known = ", ".join(self.classes) or "no class yet"
                raise BadBoxError(f"{self.workload} knows {known}, not {box.label!r}.")
        if self.whole_image and (len(boxes) > 1 or any(not _covers(box) for box in boxes)):
            raise BadBoxError("A label is for the whole image here: there is one, and its box covers the image.")
        if self.whole_image and complete and not boxes:
            raise BadBoxError("The image needs a label. Reject it when none fits.")


def _covers(box: NewBox) -> bool:
    return min(box.width, box.height) >= 1 - _SLACK
