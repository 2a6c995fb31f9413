"""A lamp, what it leaves in shadow, and the sky around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.workloads.rps.render.gestures import Floats
from core.workloads.rps.render.raster import FAR, Buffers


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
    return Light(*(np.asarray(part, np.float32) for part in (direction, lamp, ambient)), random.uniform(0.0, 0.28))


def shade(albedo: Floats, buffers: Buffers, light: Light, unit: float) -> Floats:
    """Colours of the surface, shape (height, width, 3); ``unit`` is one palm in pixels."""
    toward = buffers.normal @ light.direction
    # Light goes through skin: the edge of the shade is soft and red.
    wrapped = np.clip((toward[..., None] + _WRAP) / (1 + _WRAP), 0, 1)
    seen = buffers.owner >= 0
    lit = (1 - 0.85 * _shadow(buffers.depth, light, unit))[..., None]
    open_sky = _openness(buffers, seen, unit)[..., None]
    from_above = 0.86 - 0.14 * buffers.normal[..., 1:2]
    colours = albedo * (light.ambient * from_above * open_sky + light.lamp * wrapped * lit)
    return np.asarray(colours + _gleam(buffers.normal, light)[..., None] * light.lamp * lit, np.float32)


_WRAP = np.array((0.12, 0.16, 0.28), np.float32)


def _gleam(normal: Floats, light: Light) -> Floats:
    half = light.direction + np.array((0, 0, -1), np.float32)
    half /= max(float(np.linalg.norm(half)), 1e-3)
    facing = np.maximum(normal @ half.astype(np.float32), 0)
    squared = facing * facing
    return np.asarray(light.gloss * squared * squared * squared * squared * squared * squared, np.float32)


def _openness(buffers: Buffers, seen: np.ndarray, unit: float) -> Floats:
    """Ambient occlusion: darker where digits touch and where the surroundings stand nearer to the camera."""
    depth = np.where(seen, buffers.depth, 0).astype(np.float32)
    size = max(int(unit * 0.32) | 1, 3)
    weight = cv2.blur(seen.astype(np.float32), (size, size))
    around = cv2.blur(depth, (size, size)) / np.maximum(weight, 1e-3)
    pit = np.clip((depth - around) / (0.22 * unit), 0, 1) * weight
    return np.asarray((1 - 0.55 * pit) * (1 - 0.5 * buffers.contact), np.float32)


def _shadow(depth: Floats, light: Light, unit: float) -> Floats:
    """Share of lamp light that something nearer to the lamp takes away, by marching over the depth buffer."""
    height, width = depth.shape
    shadow = np.zeros_like(depth)
    slope = light.direction
    for step in np.geomspace(0.12, 0.95, 6) * unit:
        shift = np.array(((1, 0, slope[0] * step), (0, 1, slope[1] * step)), np.float32)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        there = cv2.warpAffine(depth, shift, (width, height), flags=flags, borderValue=float(FAR))
        above = depth + slope[2] * step - there
        shadow = np.maximum(shadow, ((above > 0.04 * unit) & (above < 0.9 * unit)).astype(np.float32))
    size = max(int(unit * 0.06) | 1, 3)
    return np.asarray(cv2.blur(shadow, (size, size)), np.float32)
