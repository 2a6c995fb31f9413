"""The pages of the workbench, in one list for navigation, guard tests and documentation tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.auth.roles import Role
from core.config.settings import ROOT


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its file under ``pages/``, its address and the least role that may see it."""

    title: str
    icon: str
    path: str
    url_path: str
    role: Role


PAGES: tuple[Entry, ...] = (
    # The first one is the default page, at /.
    Entry("Overview", ":material/space_dashboard:", "overview.py", "overview", Role.VIEWER),
    Entry("Datasets", ":material/dataset:", "datasets.py", "datasets", Role.VIEWER),
    Entry("Label", ":material/ink_highlighter:", "label.py", "label", Role.VIEWER),
    Entry("Train", ":material/model_training:", "train.py", "train", Role.VIEWER),
    Entry("Predict", ":material/online_prediction:", "predict.py", "predict", Role.VIEWER),
    Entry("Live", ":material/videocam:", "live.py", "live", Role.VIEWER),
    Entry("Runs", ":material/science:", "runs.py", "runs", Role.VIEWER),
    Entry("Flows", ":material/account_tree:", "flows.py", "flows", Role.VIEWER),
    Entry("Admin", ":material/admin_panel_settings:", "admin.py", "admin", Role.ADMIN),
)


def navigate(role: Role | None) -> st.Page:
    """Register every page and return the one in the address; the sidebar lists those ``role`` may see.

    Logged out (None), nothing is listed but all pages stay registered: a deep link survives the login.
    """
    position: Literal["sidebar", "hidden"] = "sidebar" if role else "hidden"
    return st.navigation(_pages(role), position=position)


def _pages(role: Role | None) -> Sequence[st.Page]:
    return [
        st.Page(
            ROOT / "pages" / entry.path,
            title=entry.title,
            icon=entry.icon,
            url_path=entry.url_path,
            default=entry is PAGES[0],
            visibility="visible" if role and role.rank >= entry.role.rank else "hidden",
        )
        for entry in PAGES
    ]
