"""Synthetic images of hands: rendered, labelled by their geometry, reproducible by seed."""

from core.workloads.rps.render.batch import render_many
from core.workloads.rps.render.scene import render

__all__ = ["render", "render_many"]
