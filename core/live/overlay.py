"""The text of a running game in the video."""

from __future__ import annotations

from core.live.game import Match, Phase

_WORDS = {"you": "You win", "machine": "Machine wins", "tie": "Tie"}


def caption(match: Match | None, now: float) -> str:
    """The caption for the current state, possibly empty; only characters that OpenCV can draw."""
    if match is None:
        return ""
    if match.phase is Phase.COUNTDOWN:
        return str(match.count(now))
    if match.phase is Phase.READING:
        return "Go!"
    if match.phase is Phase.REVEAL:
        played = match.rounds[-1]
        return f"{played.commitment.throw.capitalize()}! {_WORDS[played.outcome]}"
    return "Nothing detected" if match.phase is Phase.UNSEEN else ""
