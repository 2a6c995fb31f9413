"""Boxes and classes that nobody has to draw: Google's MediaPipe finds hands, a small regression names the throw.

MediaPipe is optional. :func:`available` says in plain words what is missing, and callers then fall back on the
model that serves, or on a guide frame (``core/live/capture_labels.py``).
"""

from core.workloads.rps.autolabel.landmarker import available, propose

__all__ = ["available", "propose"]
