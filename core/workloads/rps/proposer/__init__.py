"""Proposed boxes: Google's MediaPipe detects hands, a small regression classifies the throw.

MediaPipe is optional. :func:`available` says what is missing; callers then fall back to the serving model, or to a
guide box (``core/live/capture_labels.py``).
"""

from __future__ import annotations

from core.vision.boxes import NewBox
from core.vision.detections import Pixels
from core.workloads.rps.proposer.landmarker import available, propose

__all__ = ["MediaPipe", "available", "propose"]


class MediaPipe:
    """See :class:`core.workloads.base.Proposer`."""

    name = "MediaPipe"

    def available(self) -> str | None:
        return available()

    def install(self) -> str:
        from core.workloads.rps.proposer import download, landmarker

        download.install()
        download.download_model(landmarker.model_file())
        return f"MediaPipe is installed, its hand model is {landmarker.model_file()}."

    def propose(self, pixels: Pixels) -> list[NewBox]:
        return propose(pixels)
