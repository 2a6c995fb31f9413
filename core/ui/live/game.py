"""The game on the page: start, score, rounds, and the proof that the machine did not look."""

from __future__ import annotations

import streamlit as st

from core.live.game import MAX_MISSED_ROUNDS, WINS, Match, Phase, Round
from core.live.viewer import Viewer
from core.ui.shell.formats import plain
from core.workloads.base import Playable

_EVERY_S = 0.35
_RUNNING = "live_match_running"
_OUTCOMES = {"you": ":green[you win]", "machine": ":red[the machine wins]", "tie": "tie"}


def game(viewer: Viewer, playing: bool, rules: Playable) -> None:
    """Renews itself while a game runs."""
    match = viewer.report().match
    running = playing and match is not None and match.running
    st.fragment(run_every=_EVERY_S if running else None)(_board)(viewer, playing, running, rules)


def _board(viewer: Viewer, playing: bool, renewed: bool, rules: Playable) -> None:
    match = viewer.report().match
    if renewed != (playing and match is not None and match.running):
        st.rerun()  # the clock of this fragment starts or stops
    st.write(f"Best of five: the first with {WINS} rounds wins. Show your throw at **Go!** and hold it.")
    _buttons(viewer, match, playing, rules)
    if match is None:
        return
    _score(match)
    _said(match, rules)
    for played in reversed(match.rounds):
        _round(played, rules)


def _buttons(viewer: Viewer, match: Match | None, playing: bool, rules: Playable) -> None:
    with st.container(horizontal=True):
        if match is not None and match.running:
            if st.button("Give up", key="btn_give_up", icon=":material/close:"):
                viewer.give_up()
                st.rerun()
            return
        label = "Play" if match is None else "Continue" if match.phase is Phase.PAUSED else "Play again"
        if st.button(
            label, key="btn_play", type="primary", icon=":material/sports_esports:", shortcut="p", disabled=not playing
        ):
            viewer.play(rules.beats)
            st.rerun()
    if not playing:
        st.caption("Start the camera first.")


def _score(match: Match) -> None:
    with st.container(horizontal=True, key="live_score"):
        st.metric("You", match.won("you"))
        st.metric("Machine", match.won("machine"))
        st.metric("Ties", match.won("tie"))


def _said(match: Match, rules: Playable) -> None:
    if match.phase is Phase.OVER:
        won = match.winner == "you"
        (st.success if won else st.info)(
            "**You win the game!**" if won else "**The machine wins the game.** Try again.", icon=":material/trophy:"
        )
    elif match.phase is Phase.PAUSED and match.unseen >= MAX_MISSED_ROUNDS:
        st.warning(
            "No throw was detected in three rounds. Show your hand to the camera, then continue.",
            icon=":material/visibility_off:",
        )
    elif match.phase is Phase.PAUSED:
        st.info("The game is paused.", icon=":material/pause:")
    elif match.phase is Phase.UNSEEN:
        st.info("Nothing detected: this round is played again.", icon=":material/replay:")
    elif match.phase is Phase.REVEAL:
        _round(match.rounds[-1], rules, large=True)
    else:
        st.markdown("### Go!" if match.phase is Phase.READING else "### Get ready …")
        st.caption(f"The machine has chosen. Its commitment: `{match.commitment.digest}`", help=_COMMITMENT)


_COMMITMENT = (
    "The beginning of the SHA-256 of the machine's throw, a colon and a random word. Both are shown after the round, "
    "so that you can check that the machine chose first."
)


def _round(played: Round, rules: Playable, large: bool = False) -> None:
    sides = f"{_named(played.you, rules)} against {_named(played.commitment.throw, rules)}"
    text = f"{sides}: **{_OUTCOMES[played.outcome]}**"
    if large:
        st.markdown(f"### {text}")
    else:
        st.caption(
            f"{text} · commitment `{played.commitment.digest}` = `{played.commitment.throw}:{played.commitment.word}`"
        )


def _named(label: str, rules: Playable) -> str:
    return f"{rules.icons.get(label, '')} {plain(label)}".strip()
