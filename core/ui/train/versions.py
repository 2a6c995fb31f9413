"""Train: registered versions; manual promotion and rollback."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Evaluation
from core.loop import decisions
from core.models.pins import PinError
from core.models.registry import CHAMPION, PREVIOUS, RegistryError, Version
from core.models.serving import ModelRefusedError
from core.ui.shell.champion_cache import versions
from core.ui.shell.confirm import REASON_LENGTH, attempt, confirm
from core.ui.shell.formats import plain
from core.ui.shell.messages import empty, explained, note
from core.workloads import get_workload

_REFUSALS = (RegistryError, ModelRefusedError, PinError)


def version_list(actor: Actor, workload: str) -> None:
    """The table, and the actions of an admin."""
    st.subheader("Versions", anchor=False)
    try:
        listed = versions(workload)
    except RegistryError as error:
        st.error(plain(str(error)), icon=":material/cloud_off:")
        return
    if not listed:
        empty("No versions yet. Each training registers one.")
        return
    with explained():
        measured = decisions.evaluations(workload)
    st.dataframe(
        [_row(workload, version, measured) for version in listed],
        hide_index=True,
        column_config={
            "aliases": st.column_config.ListColumn(),
            get_workload(workload).metric: st.column_config.NumberColumn(
                format="%.4f", help="The latest evaluation, on the dataset that was newest then."
            ),
            "trained at": st.column_config.DatetimeColumn(
                format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone or "UTC"
            ),
        },
        height="content" if len(listed) <= 8 else 320,
        alt=f"{len(listed)} versions with their aliases, datasets and metrics.",
    )
    _by_hand(actor, workload, listed)


def _row(workload: str, version: Version, measured: list[Evaluation]) -> dict[str, Any]:
    last = next((one for one in measured if one.version == version.version), None)
    return {
        "version": version.version,
        "aliases": list(version.aliases),
        get_workload(workload).metric: last.value if last else None,
        "evaluated on": last.dataset_id if last else None,
        "trained on": version.dataset_id or None,
        "trained at": version.created_at,
    }


def _origin(version: Version) -> str:
    return f"dataset {version.dataset_id}" if version.dataset_id else "starter model"


def _by_hand(actor: Actor, workload: str, listed: list[Version]) -> None:
    allowed = actor.role.rank >= Role.ADMIN.rank
    before = next((version for version in listed if PREVIOUS in version.aliases), None)
    others = [version for version in listed if CHAMPION not in version.aliases]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Promote manually",
            others,
            format_func=lambda version: f"v{version.version} ({_origin(version)})",
            placeholder="No other version",
            disabled=not allowed or not others,
            key="version_chosen",
            width=260,
        )
        if st.button("Promote", icon=":material/trophy:", key="btn_promote", disabled=not allowed or not others):
            _ask(workload, chosen)
        back = f"Roll back to v{before.version}" if before else "Roll back"
        why = st.text_input(
            "Reason for rolling back",
            placeholder="optional",
            help="The timeline and the audit log keep it. The version that is rolled back is never promoted again "
            "automatically.",
            max_chars=REASON_LENGTH,
            disabled=not allowed or before is None,
            key="roll_back_reason",
            width=260,
        )
        if st.button(back, icon=":material/undo:", key="btn_roll_back", disabled=not allowed or before is None):
            _roll_back(workload, why)
    if not allowed:
        st.caption(":material/lock: Requires the admin role.")


def _ask(workload: str, chosen: Version | None) -> None:
    if chosen is not None:
        confirm(
            f"Promote version {chosen.version} to champion? It serves all predictions within two seconds. "
            "You can roll back: the current champion gets the alias *previous*.",
            "Promote",
            lambda who: decisions.promote_by_hand(who, workload, chosen.version),
            f"Version {chosen.version} is now the champion.",
            _REFUSALS,
        )


def _roll_back(workload: str, why: str) -> None:
    if attempt(lambda who: decisions.roll_back_by_hand(who, workload, why), _REFUSALS):
        note("Rolled back to the previous champion.")
        st.rerun()
