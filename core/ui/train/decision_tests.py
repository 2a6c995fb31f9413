"""Train: the tests behind a decision."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.config.message_formats import p_text
from core.config.messages import messages_from_json, render
from core.loop.power import POWER, least_gain
from core.ui.shell import glossary
from core.ui.shell.formats import plain


def tests(details: dict[str, Any], unit: str) -> None:
    """The results of the paired test and of the drift tests."""
    if comparison := details.get("comparison"):
        _paired(comparison, unit, least_gain(details))
    if drift := details.get("drift"):
        st.markdown("**Drift against the champion's training data**")
        st.caption(plain(render(messages_from_json(drift["summary"]))))
        if drift["tests"]:
            rows = [{**test, "p_adjusted": p_text(test["p_adjusted"]).removeprefix("p ")} for test in drift["tests"]]
            st.dataframe(rows, hide_index=True, column_config=_DRIFT_COLUMNS, alt="Drift tests per feature")


def _paired(comparison: dict[str, Any], unit: str, detectable: float | None) -> None:
    """``comparison`` is a :class:`core.workloads.base.Comparison`; each workload has its own test."""
    test = comparison["details"]
    if not test:  # a first model is compared with nothing
        return
    st.markdown(f"**Paired comparison** :small[{plain(str(test.get('test', '')))}, the same {unit}]")
    with st.container(horizontal=True, gap="large"):
        for name, label in (
            ("only_first_right", "Only champion right"),
            ("only_second_right", "Only challenger right"),
            ("won", "Challenger better on"),
            ("lost", "Champion better on"),
        ):
            if name in test:
                st.metric(label, f"{test[name]:,}", width="content")
        if "gain" in test:
            st.metric("Challenger's gain", f"{test['gain']:+.3f}", width="content")
        if "low" in test and "high" in test:
            st.metric("95 % interval", f"{test['low']:+.3f} to {test['high']:+.3f}", width="content")
        value = p_text(comparison["p_value"]).removeprefix("p ").removeprefix("= ")
        st.metric("p-value", value, width="content", help=glossary.TERMS["p-value"])
        if detectable is not None:
            st.metric("Detectable gain", f"{detectable:.3f}", width="content", help=_POWER)


_POWER = (
    f"Power: a gain of this size would be found by this test in {POWER:.0%} of cases, with as many samples on which "
    "the models differ as often. A smaller one needs more samples."
)
_DRIFT_COLUMNS = {
    "distance": st.column_config.NumberColumn(
        "distance",
        format="%.3f",
        help="Kolmogorov–Smirnov statistic: the largest gap between the two distributions, 0 to 1.",
    ),
    "p_adjusted": st.column_config.TextColumn("p (adjusted)"),
}
