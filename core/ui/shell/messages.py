"""Texts for people: trouble explained, empty states, notes that survive a rerun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import streamlit as st
from loguru import logger

from core.auth.roles import ForbiddenError
from core.catalog.engine import CatalogUnavailableError
from core.storage.lake import LakeUnreachableError
from core.ui.shell.formats import plain

_NOTES = "_shifumi_notes"


@contextmanager
def explained() -> Iterator[None]:
    """Turn a refused role, an unreachable catalog or lake into a message, and end the run there."""
    try:
        yield
    except CatalogUnavailableError as error:
        logger.error("the catalog does not answer: {}", error)
        trouble(str(error))
        st.stop()
    except LakeUnreachableError as error:
        logger.error("the lake does not answer: {}", error)
        trouble(plain(str(error)))
        st.stop()
    except ForbiddenError as error:
        forbidden(str(error))
        st.stop()


def trouble(text: str) -> None:
    """Something is down: say what, and offer another try."""
    st.error(text, icon=":material/cloud_off:")
    # A key of its own each time: several fragments of one page may be in trouble at once. Any click reruns.
    st.button("Try again", icon=":material/refresh:", key=f"btn_try_again_{uuid4().hex}")


def forbidden(text: str) -> None:
    """The role is too low."""
    st.warning(text, icon=":material/lock:")


def empty(text: str, icon: str = ":material/inbox:") -> None:
    """Nothing here yet; ``text`` tells the next step."""
    st.info(text, icon=icon)


def note(text: str, icon: str = ":material/check_circle:") -> None:
    """Say ``text`` in a toast on the next run: a message before ``st.rerun()`` would be lost."""
    st.session_state.setdefault(_NOTES, []).append((text, icon))


def show_notes() -> None:
    """Show what :func:`note` kept. The frame of the app calls this on every run."""
    for text, icon in st.session_state.pop(_NOTES, []):
        st.toast(text, icon=icon)
