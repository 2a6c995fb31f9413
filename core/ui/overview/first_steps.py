"""The checklist for new users."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.ui.overview.checklist import DISCORD, Step, skip_discord, steps
from core.ui.shell.guard import acting
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import explained


def is_new() -> bool:
    """True until there is a first model; until then the checklist is shown first."""
    return not all(step.done for step in steps() if step.key == "model")


def first_steps(actor: Actor) -> None:
    """The list, expanded until everything is done; the next step has a hint and a link."""
    found = steps()
    done = sum(step.done for step in found)
    upcoming = next((step for step in found if not step.done), None)
    label = f"First steps · {done} of {len(found)}"
    with st.expander(label, expanded=upcoming is not None, icon=":material/checklist:", key="first_steps"):
        st.progress(done / len(found))
        for step in found:
            _line(actor, step, step is upcoming)


def _line(actor: Actor, step: Step, upcoming: bool) -> None:
    if step.done:
        extra = " :gray[(skipped)]" if step.skipped else ""
        st.markdown(f":green[:material/check_circle:] {step.title}{extra}")
        return
    title = f"**{step.title}**" if upcoming else step.title
    st.markdown(f":gray[:material/radio_button_unchecked:] {title}")
    if not upcoming:
        return
    st.caption(step.hint)
    if actor.role.rank < step.needs.rank:
        st.caption(f"Requires the {step.needs.value} role.")
        return
    with st.container(horizontal=True):
        if step.page and may_open(actor, step.page):
            page_link(step.page, "Open page")
        if step.key == DISCORD and actor.role is Role.ADMIN:
            st.button("Skip", key="btn_skip_discord", on_click=_skip, type="tertiary")


def _skip() -> None:
    with explained():
        skip_discord(acting())
