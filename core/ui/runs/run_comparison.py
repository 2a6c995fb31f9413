"""Runs: several of them side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from core.models.run_compare import Row, interval, is_bound, labels, rows
from core.models.runs import Run
from core.ui.runs import run_store
from core.ui.runs.run_charts import metric_dots, parallel
from core.ui.shell.charts import show
from core.ui.shell.formats import plain
from core.ui.shell.links import here

MOST = 10
_DIFFERENT = "background-color: rgba(224, 123, 31, 0.22)"


def comparison_page(ids: Sequence[str]) -> None:
    """The runs in the address (``?compare=id,id``), with a link back."""
    here("All runs", "btn_all_runs", ":material/arrow_back:")
    found, missing = [], []
    with run_store.explained_store():
        for run_id in ids[:MOST]:
            try:
                found.append(run_store.get(run_id))
            except LookupError:
                missing.append(run_id)
    if missing:
        st.warning(
            f"Not found: {plain(', '.join(missing))}. Deleted, or a wrong address?", icon=":material/search_off:"
        )
    if len(found) >= 2:
        comparison(found, linked=False)


def comparison(chosen: Sequence[Run], linked: bool = True) -> None:
    """Charts of the metrics, parallel coordinates, and the table of differences."""
    if linked:
        here(
            "Link to this comparison",
            "btn_own_address",
            ":material/link:",
            compare=",".join(r.id for r in chosen),
        )
    _charts(chosen)
    if len(chosen) > 2 and (lines := parallel(chosen)) is not None:
        st.markdown("**Parameters and metrics together**")
        show(lines, "parallel", "Parallel coordinates of the parameters that differ and of all metrics.")
    only = st.toggle("Only what differs", key="only_differences")
    _table(chosen, [row for row in rows(chosen) if row.differs or not only])


def _charts(chosen: Sequence[Run]) -> None:
    names = dict.fromkeys(name for run in chosen for name in run.metrics)
    shown = [name for name in names if not is_bound(name, list(names))]
    for start in range(0, len(shown), 3):
        for place, name in zip(st.columns(3), shown[start : start + 3], strict=False):
            with place:
                st.markdown(f"**{plain(name)}**")
                show(metric_dots(chosen, name), f"compare-{name}", f"{name} of {len(chosen)} runs.")


def _table(chosen: Sequence[Run], found: Sequence[Row]) -> None:
    if not found:
        st.caption("These runs do not differ in any parameter or metric.")
        return
    import pandas as pd

    names = labels(chosen)
    frame = pd.DataFrame(
        [[row.name, row.kind, *_texts(row, chosen)] for row in found], columns=["name", "kind", *names]
    )
    # When all rows differ, shading helps nobody.
    marked = [row.differs and not all(one.differs for one in found) for row in found]
    columns: list[Hashable] = list(names)
    styled = frame.style.apply(lambda column: [_DIFFERENT if one else "" for one in marked], subset=columns)
    st.dataframe(
        styled,
        hide_index=True,
        height="content",
        alt=f"{len(found)} parameters and metrics of {len(chosen)} runs; differing ones are shaded.",
    )


def _texts(row: Row, chosen: Sequence[Run]) -> list[str]:
    return [_text(row.name, value, run) for value, run in zip(row.values, chosen, strict=True)]


def _text(name: str, value: str | float | None, run: Run) -> str:
    if value is None:
        return "–"
    if not isinstance(value, float):
        return value
    sure = interval(run.metrics, name)
    return f"{value:.5f} ({sure[0]:.4f} to {sure[1]:.4f})" if sure else f"{value:.5f}"
