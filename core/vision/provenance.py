"""The origin of a box."""

from __future__ import annotations

SYNTHETIC, HUMAN, MODEL = "synthetic", "human", "model"
PROVENANCES = (SYNTHETIC, HUMAN, MODEL)
"""The renderer, a user, or a model whose prediction is not confirmed."""
