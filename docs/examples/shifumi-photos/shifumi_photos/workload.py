"""``photos``: which member of the group is in the photo? All labels are created in the app.

The rest of an image classifier is in ``core.workloads.images``; this module sets its name and its feature extractor.
"""

from __future__ import annotations

from core.workloads.images.backbone import Backbone
from core.workloads.images.workload import ImageClassifierWorkload
from core.workloads.rps.starter import starter_folder

CUT = "/model.8/cv2/act/Mul_output_0"
"""Last layer before the spatial pooling, 256 channels. Deeper layers are more specific to hands
(docs/starter-model.md)."""


class PhotosWorkload(ImageClassifierWorkload):
    """See :class:`core.workloads.base.Workload` for the meaning of each attribute."""

    name = "photos"
    title = "Members"
    description = "Classifies photos of a group's members with your own labels."

    def backbone(self) -> Backbone:
        return Backbone(starter_folder() / "model.onnx", CUT, size=224)
