"""Clothing on an arm's mesh, and bones and tendons under the skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.arms import Arm
from tools.starter.bodies.marks import Marks
from tools.starter.bodies.meshes import normals
from tools.starter.bodies.poses import Bends
from tools.starter.bodies.skin import Look, watch_dial

Numbers = NDArray[np.float32]
Rng = np.random.Generator


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
