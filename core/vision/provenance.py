"""Who put a box on a picture."""

from __future__ import annotations

SYNTHETIC, HUMAN, MODEL = "synthetic", "human", "model"
PROVENANCES = (SYNTHETIC, HUMAN, MODEL)
"""The renderer, a person, a model whose answer nobody has confirmed."""
