"""One limb, from joint angles to coloured pixels with coverage and the position of its hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.camera import View, project
from core.workloads.rps.render.gestures import Pose
from core.workloads.rps.render.light import Light, shade
from core.workloads.rps.render.raster import FAR, Surface, rasterise
from core.workloads.rps.render.skeleton import FOREARM, Arm, Cones, Flesh, Shape, add_arm, add_hand, joints_of
from core.workloads.rps.render.skin import Look, albedo


@dataclass(frozen=True, slots=True)
class Limb:
    """A hand with its arm, ready to be drawn: cones in pixels of the image, and its look."""

    cones: Cones
    view: View
    mirrored: bool
    look: Look
    label: str | None

    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the hand (without arm) in pixels; may reach beyond the image."""
        hand = self.cones.part < FOREARM
        ends = np.concatenate((self.cones.a[hand, :2], self.cones.b[hand, :2]))
        radii = np.concatenate((self.cones.ra[hand], self.cones.rb[hand]))[:, None]
        low, high = (ends - radii).min(0), (ends + radii).max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def tips(self) -> Floats:
        """Where the four fingers end, in pixels, shape (4, 2)."""
        fingers = (self.cones.part > 1) & (self.cones.part < FOREARM) & (self.cones.segment == 2)
        return self.cones.b[fingers, :2]

    def shoulder(self) -> tuple[float, float]:
        """Where the arm ends, in pixels."""
        x, y = self.cones.b[-1, :2].tolist()
        return x, y


@dataclass(frozen=True, slots=True)
class Patch:
    """A drawn limb: colours (height, width, 3), coverage (height, width) of 0 to 1, which of it is the hand,
    and the left upper corner in the image."""

    colours: Floats
    cover: Floats
    hand: Floats
    left: int
    top: int


def build(pose: Pose, shape: Shape, down: Floats, bare: float, random: np.random.Generator) -> Cones:
    """The cones of a hand in that pose on an arm that is bare for a share of its length and comes from ``down``,
    a direction in the hand's own frame: upper arms hang, whatever the hand does."""
    flesh = Flesh()
    add_hand(flesh, joints_of(pose, shape), shape)
    bend, aside = np.radians(random.normal(0, 17)), np.radians(random.normal(-4, 9))
    along = np.array((np.sin(aside), -np.cos(bend) * np.cos(aside), np.sin(bend)))
    along /= np.linalg.norm(along)
    upper = along * random.uniform(0.1, 0.9) + down + random.normal(0, 0.25, 3)
    upper /= np.linalg.norm(upper)
    arm = Arm(
        along.astype(np.float32), upper.astype(np.float32), bare, random.uniform(2.4, 2.9), random.random() < 0.15
    )
    add_arm(flesh, arm, shape.palm)
    return flesh.cones()


def place(cones: Cones, view: View, mirrored: bool, look: Look, label: str | None) -> Limb:
    """The limb as it lies in the image."""
    return Limb(project(cones, view, mirrored), view, mirrored, look, label)


def draw(limb: Limb, size: int, light: Light, random: np.random.Generator) -> Patch | None:
    """Draw a limb for a square image; None when nothing of it is inside."""
    cones = limb.cones
    radius = np.maximum(cones.ra, cones.rb)[:, None]
    low = np.floor((np.minimum(cones.a, cones.b)[:, :2] - radius).min(0)).clip(-2, size).astype(int)
    high = np.ceil((np.maximum(cones.a, cones.b)[:, :2] + radius).max(0)).clip(0, size + 2).astype(int)
    width, height = (high - low).tolist()
    if width < 2 or height < 2:
        return None
    fine = 2 if limb.view.scale < 60 else 1
    moved = _moved(cones, low, fine)
    view = replace(
        limb.view, scale=limb.view.scale * fine,
        at=((limb.view.at[0] - low[0]) * fine, (limb.view.at[1] - low[1]) * fine),
    )  # fmt: skip
    surface = rasterise(moved, width * fine, height * fine)
    colours = shade(albedo(moved, surface, limb.look, view, limb.mirrored, random), surface, light, view.scale)
    return _reduced(_spread(colours, moved, surface), fine, (int(low[0]), int(low[1])))


def _spread(colours: Floats, cones: Cones, surface: Surface) -> tuple[Floats, Floats, Floats]:
    """Back to buffers: colours (height, width, 3), coverage and hand (height, width)."""
    shape = surface.depth.shape
    seen, hand = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    seen[surface.row, surface.column] = colours.T
    hand[surface.row, surface.column] = cones.part[surface.owner] < FOREARM
    return seen, (surface.depth < FAR).astype(np.float32), hand


def _moved(cones: Cones, low: Floats, fine: int) -> Cones:
    shift = np.array((low[0], low[1], 0), np.float32)
    return replace(
        cones, a=(cones.a - shift) * fine, b=(cones.b - shift) * fine, ra=cones.ra * fine, rb=cones.rb * fine
    )


def _reduced(spread: Sequence[cv2.typing.MatLike], fine: int, corner: tuple[int, int]) -> Patch:
    """Average fine pixels; smooth the edge of what was drawn at the image's own resolution."""
    seen, cover, hand = spread
    if fine > 1:
        smaller = (cover.shape[1] // fine, cover.shape[0] // fine)
        seen, cover, hand = (cv2.resize(part, smaller, interpolation=cv2.INTER_AREA) for part in (seen, cover, hand))
    else:
        seen, cover = cv2.GaussianBlur(seen, (3, 3), 0.55), cv2.GaussianBlur(cover, (3, 3), 0.55)
    whole = np.maximum(cover, np.float32(1e-3))
    return Patch(_floats(cv2.divide(seen, cv2.merge((whole, whole, whole)))), _floats(cover), _floats(hand), *corner)


def _floats(pixels: cv2.typing.MatLike) -> Floats:
    return np.asarray(pixels, np.float32)
