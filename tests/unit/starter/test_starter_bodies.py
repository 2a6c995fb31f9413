"""Hands rendered from a body model, for the starter model's scenes. The people here are made of boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tools.starter.album import Album
from tools.starter.bodies.arms import FINGERS, PARENTS, THUMB, WRIST, Arm, Arms
from tools.starter.bodies.extract import BONES
from tools.starter.bodies.gestures import OTHER, drawn_pose
from tools.starter.bodies.meshes import averaging, normals, subdivided
from tools.starter.bodies.pool import packed, read_bodies, write_bodies
from tools.starter.bodies.poses import Bends, Reach, bone_matrices, posed, turn
from tools.starter.bodies.rendered_hand import Shown
from tools.starter.cutouts import Cutout
from tools.starter.photos import Photo, no_boxes
from tools.starter.scenes import Mix, scene

Numbers = NDArray[np.float32]

_CORNERS = np.array([[x, y, z] for y in (0, 1) for x in (-1, 1) for z in (-1, 1)], np.float32)
_BOX = np.array(
    [[0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4], [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6],
     [1, 3, 5], [3, 7, 5]]
)  # fmt: skip


def _heads() -> Numbers:
    heads = np.zeros((len(BONES), 3), np.float32)
    heads[0], heads[1] = (0, -2.4, 0), (0, -1.2, 0)
    heads[3:7] = (0.05, 0.1, 0)
    for index, chain in enumerate(FINGERS):
        for part, along in enumerate((0, 0.38, 0.63)):
            heads[chain[part]] = (0.25 - 0.25 * index, 1 - 0.04 * abs(index - 1) + along, 0)
    for part, along in enumerate((0, 0.4, 0.7)):
        heads[THUMB[part]] = np.array([0.3, 0.35, 0.05]) + along * np.array([0.6, 0.7, 0.38])
    return heads


def _stick(path: Path, moved: Numbers) -> None:
    """Two people of boxes along their bones, seen in a frame turned by ``moved``."""
    heads = _heads()
    vertices, weights, faces, nails = [], [], [], []
    for bone in (0, 1, WRIST, *THUMB, *(bone for chain in FINGERS for bone in chain)):
        chain = next((c for c in (THUMB, *FINGERS) if bone in c), ())
        children = [other for other, parent in enumerate(PARENTS) if parent == bone]
        end = heads[children[0]] if chain and children else heads[FINGERS[1][0]] if bone == WRIST else None
        if end is None:
            end = heads[bone + 1] if not chain else heads[bone] + 0.9 * (heads[bone] - heads[bone - 1])
        along = end - heads[bone]
        aside = np.cross(along, [0, 0, 1]) / np.linalg.norm(np.cross(along, [0, 0, 1]))
        out = np.cross(aside, along) / np.linalg.norm(along)
        wide, thick = (0.05, 0.05) if chain else (0.36, 0.12) if bone == WRIST else (0.2, 0.15)
        box = heads[bone] + _CORNERS[:, :1] * wide * aside + _CORNERS[:, 1:2] * along + _CORNERS[:, 2:] * thick * out
        faces.append(_BOX + 8 * len(vertices))
        vertices.append(box)
        weights.append(np.tile(np.eye(len(BONES))[bone], (8, 1)))
        nails.append((_CORNERS[:, 2] < 0) * float(bool(chain) and bone == chain[2]))
    whole = (np.concatenate(vertices) @ moved.T).astype(np.float32)
    np.savez(
        path, vertices=np.stack([whole, whole * 1.1]), heads=np.stack([heads @ moved.T, heads @ moved.T * 1.1]),
        weights=np.concatenate(weights).astype(np.float32), faces=np.concatenate(faces).astype(np.int32),
        nails=np.concatenate(nails).astype(np.float32),
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arms") / "arms.npz"
    _stick(path, 0.09 * turn(np.array([1.0, 2, 3]), 77))
    return path


@pytest.fixture(scope="module")
def arm(people: Path) -> Arm:
    return Arms(people).arm(0)


def _bends(bend: tuple[float, float, float] = (0, 0, 0), reach: Reach | None = None) -> Bends:
    return Bends(np.tile(np.array(bend, np.float32), (4, 1)), np.zeros(4, np.float32), reach=reach)


def test_arms_lie_in_one_frame_however_they_were_modelled(people: Path, arm: Arm) -> None:
    assert len(Arms(people)) == 2
    assert np.allclose(arm.heads, _heads(), atol=1e-4)
    assert np.allclose(arm.heads, Arms(people).arm(1).heads, atol=1e-4)
    for finger in arm.fingers:
        assert finger.dorsal[2] < -0.9


def test_a_bent_finger_points_out_of_the_palm(arm: Arm) -> None:
    straight, bent = (bone_matrices(arm, _bends((angle, 0, 0))) for angle in (0.0, 90.0))
    for finger in arm.fingers:
        first = finger.bones[0]
        assert np.allclose(straight[first, :, :3] @ finger.directions[0], [0, 1, 0], atol=0.02)
        assert (bent[first, :, :3] @ finger.directions[0])[2] > 0.9
        assert np.allclose(bent[first, :, :3] @ finger.heads[0] + bent[first, :, 3], finger.heads[0], atol=1e-4)


def test_the_thumb_reaches_a_folded_finger(arm: Arm) -> None:
    def tip(bends: Bends) -> Numbers:
        whole = bone_matrices(arm, bends)[THUMB[2]]
        return np.asarray(whole[:, :3] @ arm.thumb.middle + whole[:, 3], np.float32)

    folded = bone_matrices(arm, _bends((80, 95, 50)))[FINGERS[0][1]]
    middle = (arm.fingers[0].heads[1] + arm.fingers[0].heads[2]) / 2
    place = folded[:, :3] @ middle + folded[:, 3]
    before = np.linalg.norm(tip(_bends((80, 95, 50))) - place)
    after = np.linalg.norm(tip(_bends((80, 95, 50), Reach(0.0, 1, 0.5))) - place)
    assert after < before / 2


def test_nothing_moves_without_a_pose(arm: Arm) -> None:
    still = np.tile(np.eye(3, 4, dtype=np.float32), (len(BONES), 1, 1))
    assert np.allclose(posed(arm.mesh.vertices, arm.weights, still), arm.mesh.vertices, atol=1e-5)


@pytest.mark.parametrize("label", [0, 1, 2, OTHER])
def test_poses_stay_within_what_joints_can_do(label: int) -> None:
    for seed in range(60):
        bends = drawn_pose(label, np.random.default_rng(seed))
        assert bends.bend.shape == (4, 3)
        assert (bends.bend > -25).all()
        assert (bends.bend < 125).all()
        index, ring = bends.bend[0].sum(), bends.bend[2].sum()
        if label == 0:
            assert min(index, ring) > 120
        if label == 1:
            assert max(index, ring) < 110
        if label == 2:
            assert index < 100 < ring


def test_a_subdivided_ball_is_rounder_and_closed() -> None:
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float32)
    faces = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32)
    matrix, fine = subdivided(faces, 6)
    assert matrix.shape == (18, 6)
    assert len(fine) == 32
    assert np.allclose(np.asarray(matrix.sum(1)).ravel(), 1)
    sides = np.sort(np.concatenate([fine[:, [0, 1]], fine[:, [1, 2]], fine[:, [2, 0]]]), axis=1)
    assert (np.unique(sides, axis=0, return_counts=True)[1] == 2).all()
    moved = np.asarray(matrix @ points)
    assert (np.linalg.norm(moved, axis=1) < 1).all()
    assert ((normals(moved, fine) * moved).sum(1) > 0).all()
    assert np.allclose(averaging(fine, 18) @ np.ones(18), 1)


def _hand(label: int) -> Shown:
    alpha = np.zeros((90, 70), np.uint8)
    cv2.circle(alpha, (35, 40), 25, 255, -1)
    pixels = np.full((90, 70, 3), (90, 130, 190), np.uint8)
    pixels[40:] = (60, 80, 120)
    return Shown(pixels, alpha, np.array([label, 10, 15, 61, 66], np.float32))


def test_a_pool_reads_as_it_was_written(tmp_path: Path) -> None:
    hands = [_hand(2), _hand(OTHER)]
    assert write_bodies(tmp_path / "pool.npz", ((packed(hand), hand.box) for hand in hands)) == 2
    first, second = read_bodies(tmp_path / "pool.npz")
    assert first.source == "bodies"
    assert first.name != second.name
    assert np.array_equal(first.box, hands[0].box)
    assert second.box[0] == OTHER
    assert np.array_equal(first.alpha, hands[0].alpha)
    inside = hands[0].alpha > 0
    assert abs(first.pixels[inside].astype(int) - hands[0].pixels[inside]).mean() < 4


def test_a_damaged_pool_says_which_hand(tmp_path: Path) -> None:
    write_bodies(tmp_path / "pool.npz", [(b"no picture", _hand(0).box)])
    with pytest.raises(ValueError, match="bodies_00000 is damaged"):
        read_bodies(tmp_path / "pool.npz")


@pytest.mark.parametrize(("label", "boxed"), [(1, True), (OTHER, False)])
def test_a_hand_that_throws_nothing_is_pasted_without_a_box(label: int, boxed: bool) -> None:
    hand = _hand(label)
    room = Photo("room_0.jpg", "room", np.zeros((240, 240, 3), np.uint8), no_boxes())
    album = Album([room], cutouts=[Cutout("a", "bodies", hand.pixels, hand.alpha, hand.box)])
    counted = 0
    for seed in range(8):
        _, boxes = scene(album, Mix(0, 0, 0, 1), 160, np.random.default_rng(seed))
        counted += len(boxes)
        assert set(boxes[:, 0]) <= {1}
    assert (counted > 0) == boxed


def test_the_nearer_triangle_hides_the_other() -> None:
    pytest.importorskip("numba", reason="numba, which compiles the renderer, is not installed")
    from tools.starter.bodies.raster import rasterise, spread

    far = [[0, 0, 0.1], [20, 0, 0.1], [0, 20, 0.1]]
    near = [[0, 0, 0.5], [10, 0, 0.5], [0, 10, 0.5]]
    points, faces = np.array(far + near, np.float32), np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    closeness, which, first, second = rasterise(points, faces, 24, 24, False)
    assert which[2, 2] == 1
    assert which[2, 14] == 0
    assert which[22, 22] == -1
    assert closeness[2, 2] == pytest.approx(0.5)
    got = spread(points[:, :2].copy(), faces, which, first, second, np.array([2, 2]), np.array([2, 14]))
    assert np.allclose(got, [[2.5, 2.5], [14.5, 2.5]], atol=1e-3)


@pytest.mark.parametrize("label", [0, 1, 2, OTHER])
def test_the_same_seed_renders_the_same_hand_in_its_box(people: Path, label: int) -> None:
    pytest.importorskip("numba", reason="numba, which compiles the renderer, is not installed")
    from tools.starter.bodies.render import Studio

    first, again = (Studio(Arms(people)).shown(label, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.alpha, again.alpha)
    assert first.box[0] == label
    left, top, right, bottom = first.box[1:].astype(int)
    assert 40 <= max(right - left, bottom - top) <= 240
    assert 0 <= left < right <= first.alpha.shape[1]
    assert 0 <= top < bottom <= first.alpha.shape[0]
    inside = first.alpha[top:bottom, left:right]
    assert inside.max() > 200
    for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
        assert edge.max() > 0


def test_anny_gives_arms_whose_nails_are_on_the_back(tmp_path: Path) -> None:
    pytest.importorskip("anny", reason="anny, the body model, is not installed")
    from tools.starter.bodies.extract import extract

    extract(tmp_path / "arms.npz", count=2)
    person = Arms(tmp_path / "arms.npz").arm(1)
    assert person.mesh.vertices[:, 1].min() < -1.5
    for finger in person.fingers:
        assert finger.dorsal[2] < -0.6
        assert 0.02 < finger.radius < 0.12
