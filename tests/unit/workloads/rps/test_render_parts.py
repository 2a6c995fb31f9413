"""The renderer's parts: hands that are hands, and surfaces that are where geometry says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workloads.rps.classes import CLASSES
from core.workloads.rps.render import gestures
from core.workloads.rps.render.camera import View, rotation_of
from core.workloads.rps.render.light import light_of
from core.workloads.rps.render.limb import build, draw, place
from core.workloads.rps.render.raster import FAR, rasterise
from core.workloads.rps.render.skeleton import FOREARM, Flesh, joints_of, shape_of
from core.workloads.rps.render.skin import look_of, tone_of

SEEDS = st.integers(0, 2**32)
TIPS, KNUCKLES = (8, 12, 16, 20), (5, 9, 13, 17)


def reaches(label: str, seed: int) -> list[float]:
    """How far each finger's tip is from the wrist, over its knuckle's distance."""
    random = np.random.default_rng(seed)
    joints = joints_of(gestures.throw(label, random), shape_of(random))
    away = np.linalg.norm(joints, axis=1)
    return [float(away[tip] / away[knuckle]) for tip, knuckle in zip(TIPS, KNUCKLES, strict=True)]


@settings(max_examples=40)
@given(seed=SEEDS)
def test_a_throw_stretches_its_fingers_and_closes_the_others(seed: int) -> None:
    stretched = {"rock": 0, "scissors": 2, "paper": 4}
    for label in CLASSES:
        fingers = reaches(label, seed)
        assert all(reach > 1.5 for reach in fingers[: stretched[label]]), label
        assert all(reach < 1.1 for reach in fingers[stretched[label] :]), label


@settings(max_examples=40)
@given(seed=SEEDS)
def test_bones_keep_their_length_whatever_the_gesture(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = shape_of(random)
    joints = joints_of(gestures.other(random), shape)
    for digit in range(5):
        bones = np.linalg.norm(np.diff(joints[1 + 4 * digit : 5 + 4 * digit], axis=0), axis=1)
        assert bones == pytest.approx(shape.lengths[digit], rel=1e-4)


def test_a_ball_is_drawn_where_it_is() -> None:
    flesh = Flesh()
    centre = np.array((20, 15, 100), np.float32)
    flesh.add(centre, centre + np.float32(0.01), 10, 10, 1)
    surface = rasterise(flesh.cones(), 40, 30)
    assert surface.depth[15, 20] == pytest.approx(90, abs=0.2)
    assert surface.depth[0, 0] == FAR and surface.depth[15, 33] == FAR
    assert (surface.depth < FAR).sum() == pytest.approx(np.pi * 100, rel=0.05)
    middle = np.flatnonzero((surface.row == 15) & (surface.column == 20))[0]
    assert surface.normal[:, middle] == pytest.approx((0, 0, -1), abs=0.1)


def test_a_cylinder_leaning_away_shows_its_near_side() -> None:
    """Half-way along, the surface stands before the axis by the radius over the cosine of the lean."""
    flesh = Flesh()
    flesh.add(np.array((20, 40, 100), np.float32), np.array((100, 40, 180), np.float32), 10, 10, 1)
    surface = rasterise(flesh.cones(), 120, 80)
    assert surface.depth[40, 60] == pytest.approx(140.5 - 10 * np.sqrt(2), abs=0.6)


def test_the_nearer_of_two_wins() -> None:
    flesh = Flesh()
    for x, z in ((10, 50), (14, 20)):
        at = np.array((x, 10, z), np.float32)
        flesh.add(at, at + np.float32(0.01), 6, 6, 1 + x // 14)
    surface = rasterise(flesh.cones(), 24, 20)
    assert set(surface.owner[surface.column == 13].tolist()) == {1}


@settings(max_examples=15)
@given(seed=SEEDS, mirrored=st.booleans())
def test_the_hand_s_pixels_fill_its_extent_and_the_arm_is_not_part_of_it(seed: int, mirrored: bool) -> None:
    random = np.random.default_rng(seed)
    cones = build(gestures.throw("paper", random), shape_of(random), np.array((0.0, -1, 0)), 0.3, random)
    view = View(rotation_of(random), 8.0, 60.0, (160.0, 160.0))
    limb = place(cones, view, mirrored, look_of(random, tone_of(random)), "paper")
    patch = draw(limb, 320, light_of(random), random)
    assert patch is not None
    rows, columns = np.nonzero(patch.hand > 0.5)
    found = (columns.min() + patch.left, rows.min() + patch.top, columns.max() + patch.left, rows.max() + patch.top)
    left, top, right, bottom = limb.extent()
    assert left - 2 <= found[0] and top - 2 <= found[1] and found[2] <= right + 2 and found[3] <= bottom + 2
    hand = limb.cones.part < FOREARM
    assert (~hand).any() and (patch.cover > 0.5).sum() > (patch.hand > 0.5).sum()
