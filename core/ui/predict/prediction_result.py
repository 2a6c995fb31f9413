"""The answer for one row, in words and as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.ui.shell.charts import show
from core.ui.shell.formats import percent, plain
from core.workloads.charts import CLASS_COLOURS, class_bars, class_title

_TINTS = dict(zip(CLASS_COLOURS, ("blue", "orange", "green", "violet", "red", "gray"), strict=True))


def show_classes(classes: Sequence[str], probabilities: Sequence[float]) -> None:
    """The most probable class, and a bar for each. ``probabilities`` sum to 1, in the order of ``classes``."""
    names = [class_title(label) for label in classes]
    place = int(np.argmax(probabilities))
    tint = list(_TINTS.values())[place % len(_TINTS)]
    name = names[place]
    st.markdown(f"## :{tint}[{plain(f'{name[0].upper()}{name[1:]}')}]")
    st.metric(f"Probability of {plain(name)}", percent(probabilities[place]))
    words = ", ".join(f"{name} {percent(share)}" for name, share in zip(names, probabilities, strict=True))
    show(class_bars(names, probabilities), "row_probabilities", f"Probability per class: {words}.")


def show_value(value: float) -> None:
    """A predicted number."""
    st.metric("Predicted value", f"{value:,.4g}")
