"""Fields of a form: one per parameter, with its bounds as text.

:mod:`core.workloads.form_schema` creates fields from a pydantic model, :mod:`core.workloads.form_errors` explains
invalid values, and ``core.ui.shell.parameter_form`` draws them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["slider", "integer", "number", "switch", "choice", "text", "json"]

SEED = "seed"
"""A field with this name is a random seed: the form starts with the next value."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. ``low`` and ``high`` are the allowed range, None where there is no bound; ``exclusive_low`` and
    ``exclusive_high`` exclude the bound itself. ``shown_low`` and ``shown_high`` are a slider's ends. ``optional``:
    None is a valid value. ``default`` is plain JSON, None where the model has none.
    """

    name: str
    title: str
    help: str
    kind: Kind
    default: Any
    optional: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    exclusive_low: bool = False
    exclusive_high: bool = False
    shown_low: float = 0.0
    shown_high: float = 0.0
    step: float | None = None
    period: float | None = None
    percent: bool = False
    whole: bool = False
    multiple_of: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        """The title with its unit."""
        return f"{self.title} ({self.unit})" if self.unit and not self.percent else self.title

    def bounds(self) -> str:
        """ "from 1,000 to 5,000,000", "above 0", "at most 5 km"; empty without bounds."""
        low = _bound(self.low, self) if self.low is not None else ""
        high = _bound(self.high, self) if self.high is not None else ""
        unit = f" {self.unit}" if self.unit and not self.percent else ""
        if low and high and not (self.exclusive_low or self.exclusive_high):
            return f"from {low} to {high}{unit}"
        parts = []
        if low:
            parts.append(f"{'above' if self.exclusive_low else 'at least'} {low}")
        if high:
            parts.append(f"{'below' if self.exclusive_high else 'at most'} {high}")
        return f"{' and '.join(parts)}{unit}" if parts else ""


def next_seed(field: FormField, seed: Any) -> Any:
    """The seed after ``seed``, or the same at the upper bound."""
    if not field.whole or not isinstance(seed, int):
        return seed
    last = field.high is not None and seed + 1 > field.high - (1 if field.exclusive_high else 0)
    return seed if last else seed + 1


def decimals(step: float) -> int:
    """The number of decimals that a number with this step needs: 0.05 → 2."""
    text = f"{step:.10f}".rstrip("0")
    return len(text.partition(".")[2])


def nice_step(low: float, high: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, with 100 to 250 of them in the range; 0.01 for an empty range."""
    rough = (high - low) / 100
    if not math.isfinite(rough) or rough <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (5, 2, 1) if step * power <= rough * (1 + 1e-9))


def _bound(value: float, field: FormField) -> str:
    if field.percent:
        return f"{100 * value:g} %"
    return f"{int(value):,}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"
