"""What a stranger's class names mean to us."""

from __future__ import annotations

from core.vision.boxes import CLASSES_OF

BACKGROUND, LEAVE_OUT = "(background)", "(leave out)"
"""What a stranger's class may become besides one of ours: nothing to find, or a reason to leave the picture out."""

_MEANINGS = {
    "rock": {"rock", "stone", "fist", "stein", "faust", "pierre"},
    "paper": {"paper", "palm", "open hand", "papier", "blatt", "feuille"},
    "scissors": {"scissors", "scissor", "peace", "victory", "schere", "ciseaux"},
}


def guess(name: str, workload: str = "rps") -> str:
    """Our class that ``name`` most likely means; :data:`LEAVE_OUT` when that cannot be told."""
    plain = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    for ours in CLASSES_OF[workload]:
        if plain == ours or plain in _MEANINGS.get(ours, set()):
            return ours
    return LEAVE_OUT
