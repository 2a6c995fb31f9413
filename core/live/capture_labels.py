"""A captured frame becomes a proposed picture: somebody finds the hand, the person said what it shows.

Asked in turn: MediaPipe's hand landmarks, the model that serves, and at last the guide frame that is drawn into the
picture while recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core import images
from core.auth.roles import Actor
from core.images import store
from core.live.capture import GUIDE, Keep
from core.live.frames import Model
from core.vision.boxes import NewBox, from_corners
from core.vision.detections import Pixels
from core.vision.provenance import MODEL

MEDIAPIPE, DETECTOR, GUIDED = "MediaPipe", "the model", "the guide frame"

_LEAST = 0.3


def image_saver(serving: Callable[[], Model | None]) -> Keep:
    """Stores captured frames with source "webcam" and state "proposed"; ``serving`` is the model to fall back on."""

    def keep(actor: Actor, pixels: Pixels, label: str, session: str) -> str:
        box, proposer = propose(pixels, label, serving())
        store.add(actor, pixels, source=images.WEBCAM, session=session, boxes=[box], state=images.PROPOSED)
        return proposer

    return keep


def propose(pixels: Pixels, label: str, serving: Model | None) -> tuple[NewBox, str]:
    """One box, called ``label``, and what found it. The largest hand is taken: it is the one that is shown."""
    if found := _landmarks(pixels):
        return replace(_largest(found), label=label), MEDIAPIPE
    if serving is not None and (seen := _detected(pixels, label, serving)):
        return _largest(seen), DETECTOR
    left, top, right, bottom = GUIDE
    # Confidence 0: such a box is never among those that are accepted in bulk.
    centre = ((left + right) / 2, (top + bottom) / 2)
    return NewBox(label, *centre, right - left, bottom - top, MODEL, 0.0), GUIDED


def _landmarks(pixels: Pixels) -> list[NewBox]:
    from core.workloads.rps import autolabel

    return list(autolabel.propose(pixels)) if autolabel.available() is None else []


def _detected(pixels: Pixels, label: str, serving: Model) -> list[NewBox]:
    height, width = pixels.shape[:2]
    found = serving.detector.detect(pixels, _LEAST)
    boxes = []
    for corners, score in zip(found.boxes, found.scores, strict=True):
        left, top, right, bottom = (float(value) for value in corners)
        boxes.append(from_corners(label, (left, top, right, bottom), width, height, MODEL, float(score)))
    return boxes


def _largest(boxes: list[NewBox]) -> NewBox:
    return max(boxes, key=lambda box: box.width * box.height)
