"""People in the background: heads with faces and hair, necks, torsos.

Detectors that never saw a face mistake it for a fist; these are the negatives against that.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.vision.detections import Pixels
from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.faces import face
from core.workloads.rps.render.light import Light
from core.workloads.rps.render.noise import bgr, colour, field
from core.workloads.rps.render.skin import tone_of


@dataclass(frozen=True, slots=True)
class Person:
    """The position of a person: middle of the neck, height of the head (pixels), skin and cloth colours."""

    x: float
    y: float
    head: float
    skin: Floats
    cloth: Floats


def stranger(random: np.random.Generator, size: int) -> Person:
    """A random person at a random position, seldom near."""
    head = size * float(np.exp(random.uniform(np.log(0.07), np.log(0.5))))
    x, y = random.uniform(0, size), random.uniform(0.15, 0.95) * size
    return Person(x, y, head, tone_of(random), colour(random, 0.7))


def owner_of(
    shoulder: tuple[float, float], palm: float, skin: Floats, cloth: Floats, random: np.random.Generator
) -> Person:
    """The person that a hand belongs to, by the end of the arm and the size of its palm in pixels."""
    head = palm * random.uniform(2.1, 2.7)
    side = random.choice((-1, 1)) * random.uniform(0.6, 0.95) * head
    return Person(shoulder[0] + side, shoulder[1] - random.uniform(0.1, 0.35) * head, head, skin, cloth)


def add_person(canvas: Pixels, person: Person, light: Light, random: np.random.Generator) -> None:
    """Draw torso, neck and head onto ``canvas``."""
    if person.head < 10 or not -person.head < person.x < len(canvas) + person.head:
        return
    _torso(canvas, person, light, random)
    glow = light.ambient + light.lamp * 0.4
    neck = np.array(((-0.19, -0.35), (0.19, -0.35), (0.26, 0.12), (-0.26, 0.12))) * person.head
    corners = (neck + np.array((person.x, person.y))).astype(np.int32)
    cv2.fillPoly(canvas, [corners], bgr(person.skin * glow * 0.8), cv2.LINE_AA)
    colours, cover = face(person.skin, person.head, light, random)
    _paste(canvas, colours, cover, person.x, person.y - 0.62 * person.head)


def _torso(canvas: Pixels, person: Person, light: Light, random: np.random.Generator) -> None:
    """Round shoulders and a body down to the edge, with folds in the cloth."""
    size, head = len(canvas), person.head
    wide, fall = random.uniform(0.85, 1.1), random.uniform(0.3, 0.5)
    outline = np.array(
        [(-0.25, 0.02), (-wide * 0.75, 0.2), (-wide, fall + 0.15), (-wide * 1.05, 1.2), (-wide * 0.85, 4.0),
         (wide * 0.85, 4.0), (wide * 1.05, 1.2), (wide, fall + 0.15), (wide * 0.75, 0.2), (0.25, 0.02)]
    )  # fmt: skip
    corners = (outline * head + np.array((person.x, person.y))).astype(np.int32)
    x0, y0 = corners.min(0).clip(0, size)
    x1, y1 = corners.max(0).clip(0, size)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    view = canvas[y0:y1, x0:x1]
    mask = np.zeros(view.shape[:2], np.uint8)
    cv2.fillPoly(mask, [corners - (x0, y0)], 255, cv2.LINE_AA)
    folds = 1 + 0.09 * field(random, y1 - y0, x1 - x0, head * 0.35) + 0.05 * field(random, y1 - y0, x1 - x0, head * 0.1)
    across = np.clip(0.5 + light.direction[0] * (np.arange(x0, x1) - person.x) / (2.2 * head), 0.15, 1)
    glow = light.ambient + light.lamp * np.asarray(across, np.float32)[None, :, None]
    _blend(view, person.cloth * glow * folds[..., None], mask / np.float32(255))


def _paste(canvas: Pixels, colours: Floats, cover: Floats, x: float, y: float) -> None:
    """Lay a patch with its centre at (x, y)."""
    height, width = cover.shape
    left, top, size = int(x - width / 2), int(y - height / 2), len(canvas)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, size), min(top + height, size)
    if x0 < x1 and y0 < y1:
        own = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        _blend(canvas[y0:y1, x0:x1], colours[own], cover[own])


def _blend(view: Pixels, colours: Floats, cover: Floats) -> None:
    share = cover[..., None]
    view[:] = np.clip(view * (1 - share) + np.clip(colours, 0, 1) * 255 * share, 0, 255).astype(np.uint8)
