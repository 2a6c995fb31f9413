"""Boxes and classes that nobody has to draw: Google's MediaPipe finds hands, a small regression names the throw.

MediaPipe is optional. :func:`available` says in plain words what is missing, and callers then fall back on the
model that serves, or on a guide frame (``core/live/capture_labels.py``).
"""

from __future__ import annotations

from core.vision.boxes import NewBox
from core.vision.detections import Pixels
from core.workloads.rps.autolabel.landmarker import available, propose

__all__ = ["MediaPipe", "available", "propose"]


class MediaPipe:
    """See :class:`core.workloads.base.Proposer`."""

    name = "MediaPipe"

    def available(self) -> str | None:
        return available()

    def install(self) -> str:
        from core.workloads.rps.autolabel import download, landmarker

        download.install()
        download.download_model(landmarker.model_file())
        return f"MediaPipe is installed, its hand model is {landmarker.model_file()}."

    def propose(self, pixels: Pixels) -> list[NewBox]:
        return propose(pixels)
