"""Who is in front of the camera: asked once, kept with the account's images, and changeable."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.images import queries
from core.images.shots import LONGEST, person_named
from core.live.viewer import Viewer
from core.ui.shell import glossary


def person_choice(actor: Actor, viewer: Viewer) -> None:
    """Ask for the person; what the viewer stores from now on is theirs."""
    given = st.text_input(
        "Person",
        value=known_person(actor, viewer),
        max_chars=LONGEST,
        key=f"live_person_{actor.username}",
        help="Who is in the picture: a nickname is enough. Images of one person on one day belong together: the later "
        f"ones of each class are kept for evaluation. {glossary.TERMS['recording session']}",
    )
    try:
        viewer.person = person_named(given or "")
    except ValueError:
        viewer.person = actor.username


def known_person(actor: Actor, viewer: Viewer) -> str:
    """The person of this tab, else the last one of this account, else the account itself."""
    if viewer.person is None:
        viewer.person = queries.last_person(actor.username) or person_named(actor.username)
    return viewer.person
