"""Photographs of hands that nobody took: rendered, labelled by their geometry, the same for the same seed."""

from core.workloads.rps.render.batch import render_many
from core.workloads.rps.render.scene import render

__all__ = ["render", "render_many"]
