"""One arm before nothing: pixels, how opaque they are, and the box round the hand."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import Arm, Arms
from tools.starter.bodies.gestures import drawn_pose
from tools.starter.bodies.light import Room, drawn_room, round_about, shine
from tools.starter.bodies.marks import Marks, marks, of_hand
from tools.starter.bodies.meshes import Mesh, averaging, normals
from tools.starter.bodies.poses import Bends, bone_matrices, posed
from tools.starter.bodies.raster import rasterise, seen_from, spread
from tools.starter.bodies.shown import Shown
from tools.starter.bodies.skin import Look, drawn_look, paint, watch_dial

Numbers = NDArray[np.float32]
Rng = np.random.Generator

_FINER = 2
_MOST = 300
_MOVED = 0.14


@dataclass(frozen=True, slots=True)
class Camera:
    """``turn`` (3, 3) from the arm's frame to x right, y up, z to the camera, ``distance`` away from ``centre``."""

    turn: Numbers
    centre: Numbers
    distance: float

    def seen(self, points: Numbers) -> Numbers:
        """Points in the camera's frame, the hand at the origin."""
        return np.asarray((points - self.centre) @ self.turn.T, np.float32)

    def projected(self, seen: Numbers) -> Numbers:
        """x right, y down in units at the hand's distance, and 1 / depth."""
        depth = self.distance - seen[:, 2]
        near = np.where(depth > 0.25 * self.distance, 1 / np.maximum(depth, 1e-3), -1)
        scale = self.distance * near
        return np.stack([seen[:, 0] * scale, -seen[:, 1] * scale, near], axis=1).astype(np.float32)


class Studio:
    """Renders arms of the people in ``arms``; keeps what does not change from one to the next."""

    def __init__(self, arms: Arms) -> None:
        self._arms = arms
        self._average = averaging(arms.arm(0).mesh.faces, len(arms.arm(0).mesh.vertices))
        self._marks: dict[int, tuple[Marks, NDArray[np.bool_]]] = {}

    def shown(self, label: int, rng: Rng) -> Shown:
        """An arm whose hand throws ``label``, or -1, seen from anywhere in any light. As ``rng`` is, so it looks."""
        while True:
            found = self._tried(label, rng)
            if found is not None:
                return mirrored(found) if rng.random() < 0.5 else found

    def _tried(self, label: int, rng: Rng) -> Shown | None:
        who = int(rng.integers(len(self._arms)))
        arm = self._arms.arm(who)
        if who not in self._marks:
            self._marks[who] = marks(arm), of_hand(arm)
        at, hand = self._marks[who]
        look = drawn_look(rng)
        pose = drawn_pose(label, rng)
        bones = bone_matrices(arm, pose)
        resting = dressed(arm, at, look, rng) + knuckled(arm, pose, look)
        fine = posed(resting, arm.weights, bones)
        coarse = posed(arm.coarse.vertices, arm.coarse_weights, bones)
        camera = drawn_camera(label, fine[hand].mean(0), rng)
        end = float(rng.choice([rng.uniform(0.1, 0.9), rng.uniform(0.9, 2.2), 9.0], p=[0.3, 0.35, 0.35]))
        return self._taken(label, arm, at, hand, look, fine, coarse, camera, end, rng)

    def _taken(
        self, label: int, arm: Arm, at: Marks, hand: NDArray[np.bool_], look: Look, fine: Numbers, coarse: Numbers,
        camera: Camera, end: float, rng: Rng,
    ) -> Shown | None:  # fmt: skip
        seen, around = camera.seen(fine), camera.seen(coarse)
        flat = camera.projected(seen)
        if (flat[hand, 2] <= 0).any():
            return None
        faces = arm.mesh.faces[(at.up[arm.mesh.faces] < end + 0.05).all(1)]
        size, moved = _framed(flat, hand, faces, rng)
        canvas = np.stack([moved[:, 0], moved[:, 1], flat[:, 2]], axis=1).astype(np.float32)
        _, which, first, second = rasterise(canvas, faces, size[1] * _FINER, size[0] * _FINER, False)
        rows, columns = np.nonzero(which >= 0)
        if len(rows) < 400:
            return None
        room = drawn_room(rng)
        shown = normals(seen, arm.mesh.faces)
        ambient = round_about(room, around, arm.coarse.faces, seen, shown)
        values = np.concatenate([np.stack(at, axis=1), seen, shown, self._under_skin(ambient), hand[:, None]], axis=1)
        got = spread(np.asarray(values, np.float32), faces, which, first, second, rows, columns)
        light = _lit(got, look, room, camera, Mesh(around, arm.coarse.faces), rng)
        return _finished(label, got, light, rows, columns, size, end, rng)

    def _under_skin(self, light: Numbers) -> Numbers:
        """Light that spreads under the skin, red furthest."""
        once = self._average @ light
        far = self._average @ (self._average @ once)
        return np.stack([0.3 * once[:, 0] + 0.7 * far[:, 0], 0.3 * light[:, 1] + 0.7 * once[:, 1], once[:, 2]], axis=1)


def mirrored(hand: Shown) -> Shown:
    """The left hand."""
    width = hand.alpha.shape[1]
    label, left, top, right, bottom = hand.box
    box = np.array([label, width - right, top, width - left, bottom], np.float32)
    return Shown(np.ascontiguousarray(hand.pixels[:, ::-1]), np.ascontiguousarray(hand.alpha[:, ::-1]), box)


def dressed(arm: Arm, at: Marks, look: Look, rng: Rng) -> Numbers:
    """The resting mesh with a sleeve, a watch and a ring standing off the skin."""
    shown = normals(arm.mesh.vertices, arm.mesh.faces)
    loose = rng.uniform(0.02, 0.14)
    fold = np.sin(at.up * rng.uniform(6, 14) + 2 * np.sin(np.arctan2(at.z, at.x) * 2 + rng.uniform(0, 6)))
    off = np.clip((at.up - look.sleeve) / 0.03, 0, 1) * (loose + 0.25 * loose * fold)
    band = np.clip((look.watch_width + 0.02 - abs(at.up - look.watch)) / 0.03, 0, 1) * 0.02
    dial = np.clip(watch_dial(at, look) * 8, 0, 1) * 0.05 if look.face and look.watch < 5 else 0
    return np.asarray(arm.mesh.vertices + shown * np.maximum(np.maximum(off, band), dial)[:, None], np.float32)


def knuckled(arm: Arm, pose: Bends, look: Look) -> Numbers:
    """How far bone stands out under the skin of bent knuckles, and tendons on the back of thin hands; (n, 3)."""
    vertices, shown = arm.mesh.vertices, normals(arm.mesh.vertices, arm.mesh.faces)
    out = np.zeros(len(vertices), np.float32)
    for finger, bend in zip(arm.fingers, pose.bend, strict=True):
        for joint, most in ((0, 0.055), (1, 0.022)):
            share = np.clip((bend[joint] - 15) / 70, 0, 1)
            if share:
                top = finger.heads[joint] + finger.dorsal * finger.radius * 1.4
                near = np.exp(-(((vertices - top) / (1.25 * finger.radius)) ** 2).sum(1))
                out += most * share * near
    for finger in arm.fingers:
        line = finger.heads[0] / np.linalg.norm(finger.heads[0])
        off = vertices - (vertices @ line)[:, None] * line
        along = np.clip(vertices @ line, 0, 1)
        out += (
            0.014
            * look.aged
            * np.exp(-((off[:, 0] / 0.035) ** 2))
            * along
            * (vertices[:, 1] < 1)
            * (shown[:, 2] < -0.3)
        )
    return np.asarray(shown * out[:, None], np.float32)


_SIDES = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0], [0, 1, 0]], np.float32)
_CHANCES = {
    -1: (0.45, 0.43, 0.08, 0.02, 0.02),
    0: (0.22, 0.26, 0.2, 0.14, 0.18),
    1: (0.34, 0.34, 0.15, 0.12, 0.05),
    2: (0.36, 0.34, 0.15, 0.1, 0.05),
}


def drawn_camera(label: int, centre: Numbers, rng: Rng) -> Camera:
    """From one of the hand's sides, or from anywhere but along the arm; the arm mostly comes from below or a side."""
    while True:
        towards = _SIDES[rng.choice(5, p=_CHANCES[label])]
        towards = towards + rng.normal(0, 0.38, 3) if label < 0 or rng.random() < 0.75 else rng.standard_normal(3)
        towards = towards / np.linalg.norm(towards)
        if towards[1] > -0.55 and (label == 0 or towards[1] < 0.8):
            break
    upwards = np.array([0.0, 1, 0]) if abs(towards[1]) < 0.95 else np.array([0.0, 0, -1])
    right = np.cross(upwards, towards)
    right /= np.linalg.norm(right)
    straight = np.stack([right, np.cross(towards, right), towards])
    base = rng.choice([0, 90, -90, 180], p=[0.44, 0.22, 0.22, 0.12])
    roll = np.deg2rad(base + rng.normal(0, 28))
    rolled = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    distance = float(np.exp(rng.uniform(np.log(4.0), np.log(18.0))))
    return Camera(np.asarray(rolled @ straight, np.float32), centre, distance)


def _framed(
    flat: Numbers, hand: NDArray[np.bool_], faces: NDArray[np.int32], rng: Rng
) -> tuple[tuple[int, int], Numbers]:
    """Width and height of the picture, and where each vertex is on it, at twice the resolution."""
    low, high = flat[hand, :2].min(0), flat[hand, :2].max(0)
    scale = float(rng.uniform(105, 165) / (high - low).max())
    used = np.unique(faces)
    used = used[flat[used, 2] > 0]
    room = np.maximum(_MOST / scale - (high - low), 0)
    share = np.clip(
        (low - flat[used, :2].min(0)) / np.maximum(flat[used, :2].max(0) - high + low - flat[used, :2].min(0), 1e-3),
        0,
        1,
    )
    start = np.maximum(flat[used, :2].min(0), low - room * share)
    end = np.minimum(flat[used, :2].max(0), high + room * (1 - share))
    width, height = (int(np.ceil(side)) + 4 for side in (end - start) * scale)
    return (width, height), np.asarray(((flat[:, :2] - start) * scale + 2) * _FINER, np.float32)


def _lit(got: Numbers, look: Look, room: Room, camera: Camera, around: Mesh, rng: Rng) -> Numbers:
    count = len(Marks._fields)
    at = Marks(*got[:, :count].T)
    place, shown, ambient = got[:, count : count + 3], got[:, count + 3 : count + 6], got[:, count + 6 : count + 9]
    shown = shown / np.maximum(np.linalg.norm(shown, axis=1, keepdims=True), 1e-6)
    colour, gloss, under = paint(at, look)
    to_eye = np.array([0, 0, camera.distance], np.float32) - place
    to_eye /= np.linalg.norm(to_eye, axis=1, keepdims=True)
    light = ambient.copy()
    grazing = (1 - np.clip((shown * to_eye).sum(1), 0, 1)) ** 5
    mirrored = (0.03 + 0.3 * grazing) * np.minimum(gloss, 2) * 0.5
    bright = mirrored[:, None] * ambient.mean(1, keepdims=True) * np.ones(3, np.float32)
    for lamp in room.lamps:
        free = seen_from(
            lamp.direction, around.vertices, around.faces, np.asarray(place + 0.02 * shown, np.float32), 224, 0.025, 1
        )
        facing = (shown @ lamp.direction)[:, None]
        wrap = np.array([0.32, 0.12, 0.07], np.float32) * under[:, None]
        spreading = np.clip((facing + wrap) / (1 + wrap), 0, 1)
        soft = free[:, None] ** np.array([0.75, 1.0, 1.1], np.float32)
        light += spreading * soft * lamp.colour
        bright += (shine(lamp, shown, to_eye, gloss) * free)[:, None] * lamp.colour
    radiance = colour * light + bright
    grey = radiance.mean(1, keepdims=True)
    radiance = np.maximum(grey + (radiance - grey) * np.float32(rng.uniform(0.95, 1.25)), 0)
    bare = radiance[(under > 0.5) & (got[:, -1] > 0.5)] if (under > 0.5).any() else radiance
    skin = np.percentile(bare.mean(1), 65) + 1e-6 if len(bare) else 1.0
    tone = float(np.exp(rng.normal(np.log(0.32), 0.45))) * (1 - 0.6 * look.tone)
    return np.asarray(radiance * (tone / skin), np.float32)


def _finished(
    label: int, got: Numbers, light: Numbers, rows: NDArray[np.int64], columns: NDArray[np.int64],
    size: tuple[int, int], end: float, rng: Rng,
) -> Shown | None:  # fmt: skip
    width, height = size
    canvas = np.zeros((height * _FINER, width * _FINER, 5), np.float32)
    curved = 1 - np.exp(-light * 1.25) if rng.random() < 0.7 else np.clip(light, 0, 1)
    canvas[rows, columns, :3] = curved[:, ::-1]
    up = got[:, Marks._fields.index("up")]
    canvas[rows, columns, 3] = np.clip((end - up) / 0.22, 0, 1)
    canvas[rows, columns, 4] = got[:, -1] > 0.5
    cover = np.zeros((height * _FINER, width * _FINER), np.float32)
    cover[rows, columns] = 1
    canvas[:, :, 3] *= _edges(canvas[:, :, 3], canvas[:, :, 4] > 0.5)
    canvas = np.dstack([canvas, cover])
    if rng.random() < _MOVED:
        canvas = _smeared(canvas, rng)
    width, height = canvas.shape[1] // _FINER, canvas.shape[0] // _FINER
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    colour = small[:, :, :3] / np.maximum(small[:, :, 5:], 1e-3)
    encoded = np.where(colour < 0.0031308, colour * 12.92, 1.055 * np.maximum(colour, 1e-6) ** (1 / 2.4) - 0.055)
    pixels = np.clip(encoded * 255, 0, 255).astype(np.uint8)
    hand = small[:, :, 4] > 0.5
    if hand.sum() < 100:
        return None
    down, across = np.nonzero(hand.any(1))[0], np.nonzero(hand.any(0))[0]
    box = np.array([label, across[0], down[0], across[-1] + 1, down[-1] + 1], np.float32)
    return Shown(pixels, np.clip(small[:, :, 3] * 255, 0, 255).astype(np.uint8), box)


def _smeared(canvas: Numbers, rng: Rng) -> Numbers:
    """As it looks while the hand moves."""
    reach = int(rng.uniform(5, 26)) * _FINER
    angle = rng.uniform(0, np.pi)
    step = np.array([np.cos(angle), np.sin(angle)]) * reach / 2
    kernel = np.zeros((reach + 1, reach + 1), np.float32)
    middle = np.full(2, reach / 2)
    start, end = ((middle + sign * step).round().astype(int).tolist() for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    margin = reach // 2 // _FINER * _FINER
    wide = np.pad(canvas, ((margin, margin), (margin, margin), (0, 0)))
    kernel /= kernel.sum()
    return np.dstack([cv2.filter2D(wide[:, :, at : at + 3], -1, kernel) for at in (0, 3)])


def _edges(alpha: Numbers, hand: NDArray[np.bool_]) -> Numbers:
    """0 at the sides where an arm leaves the picture."""
    height, width = alpha.shape
    field = np.ones((height, width), np.float32)
    reach = 0.07 * max(height, width)
    x, y = np.arange(width), np.arange(height)[:, None]
    for line, away in ((alpha[0], y), (alpha[-1], height - 1 - y), (alpha[:, 0], x), (alpha[:, -1], width - 1 - x)):
        if (line > 0.5).any():
            field *= np.clip(away / reach, 0, 1)
    return np.asarray(np.maximum(field, hand), np.float32)
