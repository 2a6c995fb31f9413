"""Links to other pages, runs and services, as the user's browser can open them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from core.auth.roles import Actor
from core.config.settings import ROOT
from core.ui.shell.navigation import PAGES, Entry

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def may_open(actor: Actor, path: str) -> bool:
    """Whether ``actor``'s role suffices for the page ``path`` (``"train.py"``)."""
    return actor.role.rank >= _entry(path).role.rank


def page_link(path: str, label: str, icon: str | None = None, **query: str) -> None:
    """A link to a page with ``query`` in its address (``run="…"``): it can be bookmarked, shared and opened in a tab.

    ``icon`` is the page's own unless given; an empty text means none.
    """
    entry = _entry(path)
    st.page_link(
        ROOT / "pages" / path, label=label, icon=entry.icon if icon is None else icon, query_params=query or None
    )


def here(label: str, key: str, icon: str | None = None, **query: str) -> None:
    """A link within this page: the same page with ``query`` in its address.

    A button, because Streamlit's page link does not change the address when the page stays the same, and
    inside a fragment it reruns only the fragment.
    """
    if st.button(label, key=key, icon=icon, type="tertiary"):
        st.query_params.from_dict(query)
        st.rerun()


def _entry(path: str) -> Entry:
    return next(entry for entry in PAGES if entry.path == path)


def from_browser(url: str, page_url: str | None = None) -> str:
    """``url`` of a service on this machine as the user's browser reaches it.

    Services here call each other by the loopback address; a browser on another machine needs the host name
    under which it opened the workbench.
    """
    target, page = urlsplit(url), urlsplit(page_url or st.context.url or "")
    if target.hostname not in _LOOPBACK or not page.hostname or page.hostname in _LOOPBACK:
        return url
    host = f"[{page.hostname}]" if ":" in page.hostname else page.hostname
    return urlunsplit(target._replace(netloc=f"{host}:{target.port}" if target.port else host))
