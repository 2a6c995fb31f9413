"""Train: the samples behind a decision, read and predicted again when a user asks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.catalog.tables import Decision
from core.images import files
from core.loop import decision_samples as samples
from core.models.registry import RegistryError
from core.models.serving import ModelRefusedError
from core.storage.lake import LakeError
from core.ui.shell.charts import show
from core.ui.shell.formats import plain
from core.workloads import decision_charts, get_workload

_PICTURES = 12
_PER_ROW = 4


def decision_samples(decision: Decision, key: str) -> None:
    """A switch that shows distributions and discordant samples: they take seconds, so nobody waits unasked."""
    if decision.dataset_id is None or decision.champion_version is None:
        return
    if st.toggle("Show the data behind it", key=f"{key}_samples_{decision.id}"):
        with st.spinner("Reading the data", show_time=True):
            _explained(lambda: _distributions(decision, key))
            if decision.challenger_version is not None and (decision.details or {}).get("comparison"):
                _explained(lambda: _discordant(decision, key))


def _explained(draw: Callable[[], None]) -> None:
    try:
        draw()
    except (samples.SamplesMissingError, LakeError, RegistryError, ModelRefusedError) as error:
        st.caption(plain(str(error)))


def _titles(decision: Decision) -> dict[str, str]:
    return {one.name: one.label for one in get_workload(decision.workload).features}


def _distributions(decision: Decision, key: str) -> None:
    before, now = samples.distributions(decision)
    st.markdown("**Distributions** :small[the champion's training data and this dataset]")
    drawn = decision_charts.distributions(before, now, _titles(decision))
    told = ", ".join(f"{name}: mean {before[name].mean():.3g} and {now[name].mean():.3g}" for name in now)
    show(drawn, f"{key}_distributions", f"Distributions of the features before and now. {told}.")


def _discordant(decision: Decision, key: str) -> None:
    found = samples.discordant(decision)
    won = int(found.won.sum())
    lost = len(found.won) - won
    st.markdown("**Discordant samples** :small[exactly one of the two models is right]")
    if not len(found.won):
        st.caption("There are none: both models are right on the same samples.")
    elif found.columns:
        drawn = decision_charts.discordant(found.columns, found.won, _titles(decision))
        alt = f"{lost} samples that only the champion predicts correctly, {won} that only the challenger does."
        show(drawn, f"{key}_discordant", alt)
    else:
        _pictures(found)


def _pictures(found: samples.Discordant) -> None:
    for title, chosen in (("Only challenger right", True), ("Only champion right", False)):
        named = [one for one, won in zip(found.images, found.won, strict=True) if won == chosen]
        if named:
            st.caption(f"{title}: {len(named)}, the first {min(len(named), _PICTURES)}")
            columns = st.columns(_PER_ROW)
            for place, sha256 in enumerate(named[:_PICTURES]):
                with columns[place % _PER_ROW]:
                    _picture(sha256)


def _picture(sha256: str) -> None:
    try:
        st.image(files.read(sha256), channels="BGR", width="stretch")
    except files.ImageMissingError as error:
        st.caption(plain(str(error)))
