"""Proposals fill what is empty and never overrule a person."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render, say, text
from core.images import LABELLED, PROPOSED, UNLABELLED, UPLOAD, store
from core.images.label_hints import hint_note, hinted_class
from core.labelling import proposals, review
from core.models import registry
from core.models.serving import Served
from core.vision.boxes import NewBox
from core.vision.detections import Detections, Pixels, no_detections
from core.vision.provenance import MODEL
from core.workloads.rps import proposer as mediapipe
from core.workloads.rps.classes import CLASSES
from tests.pictures_of_hands import HANDS, box, picture

EDITOR = Actor("eve", Role.EDITOR)
SMALL, LARGE = NewBox("rock", 0.2, 0.2, 0.1, 0.1, MODEL, 0.9), NewBox("paper", 0.6, 0.6, 0.3, 0.3, MODEL, 0.4)


def two_hands(_pixels: Pixels) -> list[NewBox]:
    return [SMALL, LARGE]


def add(seed: int, **about: str) -> store.Image:
    return store.add(EDITOR, picture(seed), HANDS, source=UPLOAD, session="s", **about)  # type: ignore[arg-type]


def labels(image: store.Image) -> list[tuple[str, float]]:
    now = store.get(image.id)
    assert now is not None
    return [(found.label, found.x) for found in now.boxes]


def state(image: store.Image) -> str:
    now = store.get(image.id)
    assert now is not None
    return now.state


def test_unlabelled_pictures_get_proposals_and_others_are_left_alone() -> None:
    empty, negative = add(1), add(2, state=LABELLED)
    done = store.add(EDITOR, picture(3), HANDS, source=UPLOAD, session="s", boxes=[box("scissors")])
    outcome = proposals.propose_all(EDITOR, "rps", proposer=two_hands)
    assert (outcome.looked, outcome.found) == (1, 1)
    assert (state(empty), labels(empty)) == (PROPOSED, [("rock", 0.2), ("paper", 0.6)])
    assert (state(negative), labels(negative)) == (LABELLED, [])
    assert labels(done) == [("scissors", 0.4)]
    assert "Labels proposed for 1 of 1 image" in render(outcome.message())
    assert proposals.propose_all(EDITOR, "rps", proposer=two_hands).message() == say("propose.none_waiting")


def test_what_somebody_said_names_the_largest_hand() -> None:
    said = add(1, note=hint_note("scissors"))
    proposals.propose_all(EDITOR, "rps", proposer=two_hands)
    assert labels(said) == [("scissors", 0.6)]


def test_where_nothing_is_seen_or_the_file_is_gone_nothing_changes() -> None:
    unseen, lost = add(1), add(2)
    store.file_path(lost).unlink()
    assert proposals.propose_all(EDITOR, "rps", proposer=lambda _: []).found == 0
    outcome = proposals.propose_all(EDITOR, "rps", proposer=two_hands)
    assert (outcome.looked, outcome.found) == (2, 1)
    assert (state(unseen), state(lost)) == (PROPOSED, UNLABELLED)


def test_a_person_who_is_quicker_is_right() -> None:
    image = add(1)

    def meanwhile(_pixels: Pixels) -> list[NewBox]:
        review.set_boxes(EDITOR, image.id, [box("scissors")])
        return two_hands(_pixels)

    assert proposals.propose_all(EDITOR, "rps", proposer=meanwhile).found == 0
    assert (state(image), labels(image)) == (LABELLED, [("scissors", 0.4)])

    deleted = add(2)
    gone = proposals.propose_all(EDITOR, "rps", proposer=lambda _: [SMALL][: 2 - store.delete(EDITOR, [deleted.id])])
    assert gone.found == 0


def test_only_editors() -> None:
    with pytest.raises(ForbiddenError):
        proposals.propose_all(Actor("vic", Role.VIEWER), "rps", proposer=two_hands)


@dataclass
class Sees:
    """A detector that always answers the same."""

    answer: Detections
    classes: tuple[str, ...] = CLASSES

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        return self.answer.above(confidence)

    def smoke(self) -> None:
        """Always sane."""


def serve(monkeypatch: pytest.MonkeyPatch, detector: Sees | None) -> None:
    made = Served(registry.starter_version("rps"), detector, datetime.now(UTC)) if detector else None
    monkeypatch.setattr(proposals, "served_starter", lambda _workload: made)


ONE_HAND = Detections(
    np.array([[10, 20, 40, 50], [5, 5, 5, 60]], np.float32), np.array([0.8, 0.7], np.float32), np.array([2, 0])
)


def test_the_model_that_serves_stands_in_for_mediapipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediapipe, "available", lambda: "MediaPipe is not installed.")
    serve(monkeypatch, Sees(ONE_HAND))
    (found,) = proposals.find_proposer(HANDS)(picture(1, 100, 100))  # the second has no area
    assert (found.label, found.provenance, found.confidence) == ("scissors", MODEL, pytest.approx(0.8))
    assert (found.x, found.y, found.width, found.height) == pytest.approx((0.25, 0.35, 0.3, 0.3))


def test_the_model_is_asked_where_mediapipe_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediapipe, "available", lambda: None)
    monkeypatch.setattr(mediapipe, "propose", lambda pixels: [SMALL] if pixels.mean() > 1 else [])
    serve(monkeypatch, Sees(ONE_HAND))
    proposer = proposals.find_proposer(HANDS)
    assert proposer(picture(1)) == [SMALL]
    assert [found.label for found in proposer(np.zeros((100, 100, 3), np.uint8))] == ["scissors"]
    serve(monkeypatch, Sees(no_detections()))
    assert proposals.find_proposer(HANDS)(np.zeros((100, 100, 3), np.uint8)) == []
    serve(monkeypatch, None)
    assert proposals.find_proposer(HANDS)(np.zeros((100, 100, 3), np.uint8)) == []


def test_without_either_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    add(1)
    monkeypatch.setattr(mediapipe, "available", lambda: "MediaPipe is not installed: `python3 manage.py fetch`.")
    serve(monkeypatch, None)
    with pytest.raises(proposals.NoProposerError, match=r"no model yet that could propose labels. MediaPipe.*fetch"):
        proposals.propose_all(EDITOR, "rps")


def test_hints_are_read_back_and_other_notes_are_none() -> None:
    assert hinted_class(hint_note("rock"), CLASSES) == "rock"
    assert hinted_class((), CLASSES) is None
    assert hinted_class(hint_note("spock"), CLASSES) is None
    assert hinted_class((text("rock"),), CLASSES) is None
