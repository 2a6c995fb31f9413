"""One arm before nothing: pixels, how opaque they are, and the box round the hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import Arm, Arms
from tools.starter.bodies.camera import FINER, Camera, drawn_camera, framed
from tools.starter.bodies.clothing import dressed, knuckled
from tools.starter.bodies.compositing import finished, mirrored
from tools.starter.bodies.gestures import drawn_pose
from tools.starter.bodies.light import Room, drawn_room, round_about, shine
from tools.starter.bodies.marks import Marks, marks, of_hand
from tools.starter.bodies.meshes import Mesh, averaging, normals
from tools.starter.bodies.poses import bone_matrices, posed
from tools.starter.bodies.raster import rasterise, seen_from, spread
from tools.starter.bodies.rendered_hand import Shown
from tools.starter.bodies.skin import Look, drawn_look, paint

Numbers = NDArray[np.float32]
Rng = np.random.Generator


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
        size, moved = framed(flat, hand, faces, rng)
        canvas = np.stack([moved[:, 0], moved[:, 1], flat[:, 2]], axis=1).astype(np.float32)
        _, which, first, second = rasterise(canvas, faces, size[1] * FINER, size[0] * FINER, False)
        rows, columns = np.nonzero(which >= 0)
        if len(rows) < 400:
            return None
        room = drawn_room(rng)
        shown = normals(seen, arm.mesh.faces)
        ambient = round_about(room, around, arm.coarse.faces, seen, shown)
        values = np.concatenate([np.stack(at, axis=1), seen, shown, self._under_skin(ambient), hand[:, None]], axis=1)
        got = spread(np.asarray(values, np.float32), faces, which, first, second, rows, columns)
        light = _lit(got, look, room, camera, Mesh(around, arm.coarse.faces), rng)
        return finished(label, got, light, rows, columns, size, end, rng)

    def _under_skin(self, light: Numbers) -> Numbers:
        """Light that spreads under the skin, red furthest."""
        once = self._average @ light
        far = self._average @ (self._average @ once)
        return np.stack([0.3 * once[:, 0] + 0.7 * far[:, 0], 0.3 * light[:, 1] + 0.7 * once[:, 1], once[:, 2]], axis=1)


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
