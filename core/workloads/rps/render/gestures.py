"""Gestures: how far each finger bends, how the fingers spread, and where the thumb points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.workloads.rps.classes import CLASSES
from core.workloads.rps.render.arrays import Floats


@dataclass(frozen=True, slots=True)
class Pose:
    """One hand's joint angles.

    ``flexion``: shape (4, 3), degrees, index to little finger, knuckle to last joint; ``spread``: shape (4,),
    degrees towards the thumb; ``thumb``: shape (3, 3), directions of the thumb's bones in the hand's own frame
    (x to the thumb's side, y to the fingers, z out of the palm).
    """

    flexion: Floats
    spread: Floats
    thumb: Floats


@dataclass(frozen=True, slots=True)
class Gesture:
    """A family of poses: one letter per finger (see ``_BENDS``), the thumb's choices, degrees of spread."""

    fingers: str
    thumbs: tuple[str, ...]
    spread: tuple[float, float] = (0.0, 3.0)
    fan: tuple[float, float, float, float] = (1.0, 0.3, -0.4, -1.1)


# Degrees at knuckle, middle and last joint, and the greatest deviation of each.
_BENDS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "S": ((4, 6, 4), (12, 8, 6)),  # straight
    "C": ((80, 102, 58), (9, 7, 12)),  # closed
    "R": ((32, 48, 28), (12, 12, 8)),  # relaxed, between closed and straight
    "K": ((8, 78, 52), (10, 12, 10)),  # hooked
    "G": ((58, 52, 30), (10, 10, 8)),  # round a glass
    "O": ((52, 52, 28), (6, 6, 5)),  # to the thumb's tip
}

_THUMBS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "across": ((0.25, 0.80, 0.54), (-0.40, 0.52, 0.74), (-0.95, 0.18, 0.24)),
    "low": ((0.20, 0.72, 0.66), (-0.55, 0.30, 0.76), (-0.95, 0.05, 0.10)),
    "beside fist": ((0.50, 0.80, 0.30), (0.08, 0.84, 0.52), (-0.12, 0.88, 0.45)),
    "over": ((0.10, 0.74, 0.66), (-0.55, 0.48, 0.66), (-0.88, 0.25, 0.28)),
    "out": ((0.66, 0.70, 0.22), (0.62, 0.78, 0.10), (0.62, 0.78, 0.00)),
    "beside": ((0.50, 0.84, 0.22), (0.22, 0.96, 0.12), (0.10, 0.99, 0.04)),
    "tucked": ((0.20, 0.74, 0.58), (-0.60, 0.68, 0.36), (-0.88, 0.44, 0.02)),
    "up": ((0.78, 0.58, 0.20), (0.92, 0.38, 0.02), (0.96, 0.25, -0.14)),
    "pinch": ((0.30, 0.68, 0.66), (0.02, 0.62, 0.78), (-0.10, 0.72, 0.68)),
    "round": ((0.35, 0.50, 0.78), (-0.10, 0.40, 0.90), (-0.40, 0.45, 0.80)),
}

_V = (1.0, -1.0, 0.0, 0.0)
THROWS: dict[str, tuple[Gesture, ...]] = {
    "rock": (Gesture("CCCC", ("across", "across", "low", "beside fist")),),
    "paper": (
        Gesture("SSSS", ("out", "beside"), (2.0, 13.0)),
        Gesture("SSSS", ("out", "beside", "beside"), (-1.5, 2.0)),
    ),
    "scissors": (
        Gesture("SSCC", ("over", "over", "tucked"), (6.0, 17.0), _V),
        Gesture("SSCC", ("over", "out", "beside"), (4.0, 14.0), _V),
    ),
}
"""Gestures that are throws, by class."""

OTHERS: dict[str, Gesture] = {
    "pointing": Gesture("SCCC", ("across", "over", "out")),
    "thumb up": Gesture("CCCC", ("up",)),
    "okay": Gesture("OSSS", ("pinch",), (3.0, 12.0)),
    "four": Gesture("SSSS", ("tucked",), (7.0, 14.0)),
    "three": Gesture("SSSC", ("over", "tucked"), (5.0, 12.0)),
    "horns": Gesture("SCCS", ("across", "out")),
    "call": Gesture("CCCS", ("up",), (6.0, 12.0)),
    "relaxed": Gesture("RRRR", ("beside", "pinch"), (0.0, 4.0)),
    "claw": Gesture("KKKK", ("out", "round"), (2.0, 9.0)),
    "grip": Gesture("GGGG", ("round",)),
}
"""Gestures without a meaning in the game: negatives that look like hands."""


def pose_of(gesture: Gesture, random: np.random.Generator) -> Pose:
    """One pose of the family, each joint a little different."""
    base = np.array([_BENDS[letter][0] for letter in gesture.fingers], np.float32)
    reach = np.array([_BENDS[letter][1] for letter in gesture.fingers], np.float32)
    # What a person does with one finger the neighbours follow: half of the deviation is shared.
    shared = random.uniform(-0.5, 0.5, (1, 3))
    flexion = base + reach * (shared + random.uniform(-0.5, 0.5, (4, 3)))
    spread = np.float32(random.uniform(*gesture.spread)) * np.array(gesture.fan) + random.normal(0, 1.2, 4)
    thumb = np.array(_THUMBS[gesture.thumbs[random.integers(len(gesture.thumbs))]])
    thumb = thumb + random.normal(0, 0.08, 3) + random.normal(0, 0.04, (3, 3))
    thumb /= np.linalg.norm(thumb, axis=1, keepdims=True)
    return Pose(flexion.astype(np.float32), spread.astype(np.float32), thumb.astype(np.float32))


def throw(name: str, random: np.random.Generator) -> Pose:
    """A pose of the throw ``name``, one of :data:`CLASSES`."""
    families = THROWS[name]
    return pose_of(families[random.integers(len(families))], random)


def other(random: np.random.Generator) -> Pose:
    """A pose of a hand without a throw."""
    names = sorted(OTHERS)
    return pose_of(OTHERS[names[random.integers(len(names))]], random)


assert set(THROWS) == set(CLASSES)  # noqa: S101 - a class without a pose could not be rendered
