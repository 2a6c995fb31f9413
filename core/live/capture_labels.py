"""Labels captured frames: the user states the class, a detector locates the object.

A whole-image label needs no location. Otherwise the workload's helper is used, then the serving model, and finally the
guide box shown while recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core import images
from core.auth.roles import Actor
from core.images import store
from core.images.collection import ImageCollection
from core.images.shots import Shot
from core.live.capture import GUIDE, SaveImage
from core.live.frames import Model
from core.vision.boxes import NewBox, whole_image
from core.vision.detection_formats import PROPOSAL_CONFIDENCE, to_boxes
from core.vision.detections import Pixels
from core.vision.provenance import HUMAN, MODEL
from core.workloads.base import Proposer

DETECTOR, GUIDED, PERSON = "the model", "the guide box", "you"


def image_saver(
    collection: Callable[[], ImageCollection],
    helper: Callable[[], Proposer | None],
    serving: Callable[[], Model | None],
) -> SaveImage:
    """A function that stores captured frames with source "webcam". ``helper`` and ``serving`` propose boxes, in this
    order; proposals are reviewed by a user.
    """

    def keep(actor: Actor, pixels: Pixels, label: str, shot: Shot) -> str:
        into = collection()
        if into.whole_image:
            boxes, proposer, state = [whole_image(label, HUMAN)], PERSON, images.LABELLED
        else:
            box, proposer = propose(pixels, label, helper(), serving())
            boxes, state = [box], images.PROPOSED
        about = store.ImageFacts(images.WEBCAM, shot.session, into, boxes, state, shot=shot)
        store.add_or_find(actor, pixels, about)
        return proposer

    return keep


def propose(pixels: Pixels, label: str, helper: Proposer | None, serving: Model | None) -> tuple[NewBox, str]:
    """One box with the class ``label``, and the name of its proposer. The largest detection is used."""
    if helper is not None and helper.available() is None and (found := helper.propose(pixels)):
        return replace(_largest(found), label=label), helper.name
    if serving is not None and (seen := _detected(pixels, serving)):
        return replace(_largest(seen), label=label), DETECTOR
    left, top, right, bottom = GUIDE
    # Confidence 0: such a box is never among those that are accepted in bulk.
    centre = ((left + right) / 2, (top + bottom) / 2)
    return NewBox(label, *centre, right - left, bottom - top, MODEL, 0.0), GUIDED


def _detected(pixels: Pixels, serving: Model) -> list[NewBox]:
    height, width = pixels.shape[:2]
    found = serving.detector.detect(pixels, PROPOSAL_CONFIDENCE)
    return to_boxes(found, serving.detector.classes, width, height)


def _largest(boxes: list[NewBox]) -> NewBox:
    return max(boxes, key=lambda box: box.width * box.height)
