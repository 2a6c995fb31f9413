"""A lamp, what it leaves in shadow, and the sky around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.workloads.rps.render.arrays import Floats
from core.workloads.rps.render.raster import FAR, Surface


@dataclass(frozen=True, slots=True)
class Light:
    """``direction`` to the lamp in the camera's frame (z away from the camera), its colour and the ambient's."""

    direction: Floats
    lamp: Floats
    ambient: Floats
    gloss: float


def light_of(random: np.random.Generator) -> Light:
    """From above more often than from below, in front more often than behind; warm, cold, now and then coloured."""
    direction = np.array((random.normal(0, 0.8), random.normal(-0.55, 0.5), -random.uniform(-0.15, 1.1)))
    direction /= max(float(np.linalg.norm(direction)), 1e-3)
    warmth = random.normal(0, 0.09)
    tint = np.array((1 - warmth, 1.0, 1 + warmth))
    lamp = tint * random.uniform(0.35, 0.95)
    ambient = (1 - random.normal(0, 0.05, 3)) * random.uniform(0.28, 0.68)
    return Light(_narrow(direction), _narrow(lamp), _narrow(ambient), random.uniform(0.0, 0.28))


def _narrow(values: Floats) -> Floats:
    return np.asarray(values, np.float32)


def shade(albedo: Floats, surface: Surface, light: Light, unit: float) -> Floats:
    """Colours of the seen pixels, shape (3, n), from their ``albedo`` (3, n); ``unit`` is one palm in pixels."""
    toward = light.direction @ surface.normal
    # Light goes through skin: the edge of the shade is soft and red.
    wrapped = np.clip((toward + _WRAP) / (1 + _WRAP), 0, 1)
    lit = 1 - 0.85 * _shadow(surface, light, unit)
    sky = (0.86 - 0.14 * surface.normal[1]) * _openness(surface, unit)
    lamp = light.lamp[:, None]
    colours = albedo * (light.ambient[:, None] * sky + lamp * (wrapped * lit))
    return np.asarray(colours + lamp * (_gleam(surface.normal, light) * lit))


_WRAP = np.array((0.12, 0.16, 0.28), np.float32)[:, None]


def _gleam(normal: Floats, light: Light) -> Floats:
    half = light.direction + np.array((0, 0, -1), np.float32)
    half /= max(float(np.linalg.norm(half)), 1e-3)
    facing = np.maximum(half @ normal, 0) ** 2
    return np.asarray(np.float32(light.gloss) * facing * facing * facing * facing * facing)


def _openness(surface: Surface, unit: float) -> Floats:
    """Ambient occlusion: darker where digits touch and where the surroundings stand nearer to the camera."""
    seen = (surface.depth < FAR).astype(np.float32)
    depth = surface.depth * seen
    size = max(int(unit * 0.32) | 1, 3)
    weight = cv2.blur(seen, (size, size))
    around = cv2.blur(depth, (size, size)) / np.maximum(weight, 1e-3)
    pit = (np.clip((depth - around) / (0.22 * unit), 0, 1) * weight)[surface.row, surface.column]
    return np.asarray((1 - 0.55 * pit) * (1 - 0.5 * surface.contact))


def _shadow(surface: Surface, light: Light, unit: float) -> Floats:
    """Share of lamp light that something nearer to the lamp takes away, by marching over the depth buffer."""
    depth, slope = surface.depth, light.direction
    height, width = depth.shape
    shadow = np.zeros_like(depth)
    for step in (np.geomspace(0.12, 0.95, 6) * unit).tolist():
        shift = np.array(((1, 0, slope[0] * step), (0, 1, slope[1] * step)), np.float32)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        there = cv2.warpAffine(depth, shift, (width, height), flags=flags, borderValue=float(FAR))
        above = depth + float(slope[2] * step) - there
        np.copyto(shadow, 1, where=(above > 0.04 * unit) & (above < 0.9 * unit))
    size = max(int(unit * 0.06) | 1, 3)
    return np.asarray(cv2.blur(shadow, (size, size))[surface.row, surface.column])
