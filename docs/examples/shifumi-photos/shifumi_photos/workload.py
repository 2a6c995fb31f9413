"""``photos``: who of the group is on the photograph? All labels are made in the app.

What a classifier of whole images needs besides is in ``core.workloads.images``: here are a name, and the network whose
front describes an image.
"""

from __future__ import annotations

from core.workloads.images.backbone import Backbone
from core.workloads.images.workload import ImageClassifierWorkload
from core.workloads.rps.starter import starter_folder

CUT = "/model.8/cv2/act/Mul_output_0"
"""The last layer before the network pools over places: 256 channels that have seen hands, arms and the people behind
them. Deeper ones know more about hands and less about everything else (docs/starter-model.md)."""


class PhotosWorkload(ImageClassifierWorkload):
    """See :class:`core.workloads.base.Workload` for the meaning of each attribute."""

    name = "photos"
    title = "Members"
    description = "Photographs of a group's members, told apart by labels that you make."

    def backbone(self) -> Backbone:
        return Backbone(starter_folder() / "model.onnx", CUT, size=224)
