"""Train: how large a gain the compared images can show, and what to capture so that the next ones can decide."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.tables import Decision
from core.config.messages import render
from core.loop import decisions
from core.loop.decisions import PENDING
from core.ui.shell import glossary
from core.ui.shell.formats import plain
from core.workloads.images.power import in_words


def power_so_far(decision: Decision) -> None:
    """Nothing where a comparison does not say."""
    found = _power(decision)
    if found is None:
        return
    st.markdown("**Power** :small[what these images can show]", help=glossary.TERMS["power"])
    st.markdown(plain(render(in_words(found))))
    if decision.kind == PENDING and (advice := to_capture(found["capture"])):
        st.info(plain(advice), icon=":material/photo_camera:")


def wanted_now(workload: str) -> str:
    """What to capture so that the challenger that waits can be decided on; empty when none does."""
    newest = next(iter(decisions.latest(workload, limit=1)), None)
    found = _power(newest) if newest is not None and newest.kind == PENDING else None
    return to_capture(found["capture"]) if found else ""


def to_capture(wanted: dict[str, int]) -> str:
    """What to capture next, most wanted first; empty when nothing is."""
    parts = [f"{number:,} of {label}" for label, number in sorted(wanted.items(), key=lambda one: -one[1]) if number]
    if not parts:
        return ""
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"To decide on the challenger, capture about {listed} and label them: about a third of them judges."


def _power(decision: Decision) -> dict[str, Any] | None:
    comparison = (decision.details or {}).get("comparison") or {}
    found: dict[str, Any] | None = (comparison.get("details") or {}).get("power")
    return found
