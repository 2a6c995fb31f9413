"""Messages: errors, empty states, and toasts that survive a rerun."""

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
    """Show a message when the role is too low or the catalog or lake is unavailable, and stop the script there."""
    try:
        yield
    except CatalogUnavailableError as error:
        logger.error("the catalog does not respond: {}", error)
        trouble(str(error))
        st.stop()
    except LakeUnreachableError as error:
        logger.error("the lake does not respond: {}", error)
        trouble(plain(str(error)))
        st.stop()
    except ForbiddenError as error:
        forbidden(str(error))
        st.stop()


def trouble(text: str) -> None:
    """A service is down: an error message and a retry button."""
    st.error(text, icon=":material/cloud_off:")
    # A unique key each time: several fragments of one page may fail at once. Any click reruns.
    st.button("Try again", icon=":material/refresh:", key=f"btn_try_again_{uuid4().hex}")


def forbidden(text: str) -> None:
    """The role is too low."""
    st.warning(text, icon=":material/lock:")


def empty(text: str, icon: str = ":material/inbox:") -> None:
    """Empty state; ``text`` says what to do next."""
    st.info(text, icon=icon)


def note(text: str, icon: str = ":material/check_circle:") -> None:
    """Show ``text`` as a toast in the next script run: a message before ``st.rerun()`` would be lost."""
    st.session_state.setdefault(_NOTES, []).append((text, icon))


def show_notes() -> None:
    """Show what :func:`note` stored. ``app.py`` calls this on every run."""
    for text, icon in st.session_state.pop(_NOTES, []):
        st.toast(text, icon=icon)
