"""Generated penguins, with statistics similar to those of the Palmer penguins dataset."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.workloads.base import Feature

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
BILL_AND_FLIPPER = (
    Feature("bill_length_mm", "Bill length", "mm", low=32, high=60, step=0.5),
    Feature("bill_depth_mm", "Bill depth", "mm", low=13, high=22, step=0.1),
    Feature("flipper_length_mm", "Flipper length", "mm", low=170, high=235, step=1),
)
MASS = Feature("body_mass_g", "Body mass", "g", low=2_500, high=6_500, step=50)

# Per species: mean and standard deviation of bill length, bill depth, flipper length (mm) and body mass (g).
_MEANS = np.array([[38.8, 18.3, 190.0, 3700.0], [48.8, 18.4, 195.8, 3733.0], [47.5, 15.0, 217.2, 5076.0]])
_DEVIATIONS = np.array([[2.7, 1.2, 6.5, 440.0], [3.3, 1.1, 7.1, 384.0], [3.1, 1.0, 6.5, 500.0]])
_SIZE = 0.7
"""How much of each measure is the size of the animal: the correlation of two of them is its square."""

_FOOD = {"scarce": -600.0, "usual": 0.0, "plenty": 600.0}
"""Grams on every body mass."""


class PenguinParameters(BaseModel):
    """Which penguins are measured, and how."""

    model_config = ConfigDict(extra="forbid")

    rows: int = Field(
        default=3_000,
        ge=200,
        le=1_000_000,
        title="Penguins",
        description="One fifth becomes the holdout.",
        json_schema_extra={"step": 500},
    )
    gentoos: float = Field(
        default=0.35,
        ge=0.05,
        le=0.9,
        allow_inf_nan=False,
        title="Share of Gentoos",
        description="The other species share the rest, two Adelies to one Chinstrap.",
        json_schema_extra={"step": 0.05, "percent": True},
    )
    error: float = Field(
        default=0.2,
        ge=0,
        le=3,
        allow_inf_nan=False,
        title="Measurement error",
        description="Standard deviation, relative to the natural variation within a species.",
        json_schema_extra={"unit": "σ", "step": 0.1},
    )
    food: Literal["scarce", "usual", "plenty"] = Field(
        default="usual", title="Food", description="With scarce food, penguins weigh 600 g less: the data drifts."
    )
    seed: int = Field(
        default=0, ge=0, le=2**32 - 1, title="Seed", description="The same seed and choices give the same penguins."
    )


def measure(chosen: PenguinParameters) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Bill length, bill depth, flipper length and body mass, shape (n, 4), and the species, shape (n,)."""
    random = np.random.default_rng(chosen.seed)
    rest = 1 - chosen.gentoos
    species = random.choice(3, chosen.rows, p=[rest * 2 / 3, rest / 3, chosen.gentoos]).astype(np.int8)
    size, own = random.standard_normal((chosen.rows, 1)), random.standard_normal((chosen.rows, 4))
    natural = _SIZE * size + np.sqrt(1 - _SIZE**2) * own
    measured = natural + chosen.error * random.standard_normal((chosen.rows, 4))
    measures = _MEANS[species] + _DEVIATIONS[species] * measured
    measures[:, 3] += _FOOD[chosen.food]
    return measures, species


def columns(measures: NDArray[np.float64], features: tuple[Feature, ...]) -> dict[str, NDArray[Any]]:
    """The first measures as columns, named by ``features``."""
    return {feature.name: measures[:, place] for place, feature in enumerate(features)}
