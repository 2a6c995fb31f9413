"""The review queue: order, decisions, two reviewers, and the way back."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from core.auth import audit
from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.catalog.image_tables import Image
from core.config.messages import render
from core.images import FLAGGED, SYNTHETIC, UNSURE, WEBCAM, store
from core.labelling import review, review_queue
from core.labelling.flags import FlaggedPrediction
from core.labelling.review_history import Step, stamp
from core.storage import datasets, lake
from core.vision.boxes import BadBoxError, NewBox
from core.vision.detections import Detections, Pixels, no_detections
from core.vision.provenance import HUMAN, MODEL
from core.workloads.rps.classes import CLASSES
from tests.pictures_of_hands import HANDS

ADA, BOB, EVE = Actor("ada", Role.EDITOR), Actor("bob", Role.EDITOR), Actor("eve", Role.VIEWER)

_seeds = count()


def pixels() -> Pixels:
    """A picture unlike any other."""
    return np.random.default_rng(next(_seeds)).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def box(label: str = "rock", x: float = 0.5, confidence: float | None = 0.9, provenance: str = MODEL) -> NewBox:
    return NewBox(label, x, 0.5, 0.2, 0.3, provenance, confidence)


def picture(*boxes: NewBox, priority: int = 0, source: str = WEBCAM, state: str | None = None) -> Image:
    return store.add(SYSTEM, pixels(), HANDS, source=source, session="s", boxes=boxes, priority=priority, state=state)


def now(image: Image) -> Image:
    found = store.get(image.id)
    assert found is not None
    return found


def places(image: Image) -> list[tuple[str, float, str, float | None, str]]:
    return [(one.label, one.x, one.provenance, one.confidence, one.created_by) for one in now(image).boxes]


def test_the_queue_begins_with_mistakes_then_doubts_then_age() -> None:
    old, proposed = picture(), picture(box())
    doubtful = picture(box(confidence=0.3), priority=UNSURE)
    mistake = picture(box(), priority=FLAGGED)
    picture(box(provenance=HUMAN, confidence=None))
    review.reject(ADA, [picture(box()).id])
    waiting = [mistake.id, doubtful.id, old.id, proposed.id]
    assert [one.id for one in review_queue.queue("rps")] == waiting
    assert [one.id for one in review_queue.queue("rps", 1)] == waiting[:1]
    assert [one.id for one in review_queue.queue("rps", without=[mistake.id, old.id])] == [doubtful.id, proposed.id]
    assert review_queue.waiting_counts("rps") == {"flagged": 1, "unsure": 1, "proposed": 1, "unlabelled": 1}
    assert [review_queue.reason_of(one) for one in (mistake, doubtful, old, proposed)] == [
        "flagged",
        "unsure",
        "unlabelled",
        "proposed",
    ]


def test_the_queue_can_be_narrowed() -> None:
    paper, both = picture(box("paper")), picture(box(), box("paper", 0.2), priority=UNSURE)
    made = picture(source=SYNTHETIC, state="unlabelled")
    done = picture(box(provenance=HUMAN, confidence=None))
    out = picture(box("paper"))
    review.reject(ADA, [out.id])

    def ids(**filters: str) -> list[int]:
        return [one.id for one in review_queue.queue("rps", **filters)]  # type: ignore[arg-type]

    assert ids(label="paper") == [both.id, paper.id]
    assert ids(label="paper", reason="proposed") == [paper.id]
    assert ids(source=SYNTHETIC) == [made.id]
    assert ids(reason="labelled") == [done.id]
    assert ids(reason="rejected") == [out.id]
    assert review_queue.waiting_counts("rps", label="paper")["proposed"] == 1
    assert review_queue.sources("rps") == [SYNTHETIC, WEBCAM]
    assert review_queue.queue("linear") == []


def test_accepting_signs_the_picture_and_leaves_the_boxes_the_models() -> None:
    image = picture(box())
    review.accept(ADA, [image.id])
    after = now(image)
    assert (after.state, after.reviewed_by) == ("labelled", "ada")
    assert after.reviewed_at is not None
    assert places(image) == [("rock", 0.5, MODEL, 0.9, "system")]


def test_a_picture_without_a_proposal_cannot_be_accepted() -> None:
    image = picture()
    assert review.accept(ADA, [image.id]).image_ids == ()
    assert now(image).state == "unlabelled"


def test_accepting_all_takes_the_confident_only() -> None:
    sure = [picture(box(confidence=0.8)), picture(box(), box("paper", 0.2, 0.95))]
    picture(box(), box("paper", 0.2, 0.79))
    picture(box(confidence=None))
    picture()
    picture(box(), priority=FLAGGED)
    picture(box(provenance=HUMAN, confidence=None))
    assert review_queue.confident_count("rps", 0.8) == 2
    step = review.accept_confident(ADA, "rps", 0.8)
    assert step.image_ids == tuple(one.id for one in sure)
    assert review_queue.confident_count("rps", 0.8) == 0
    assert [(event.action, event.subject, event.details) for event in audit.latest(1)] == [
        ("image.accept", "rps", {"images": 2})
    ]
    assert review.undo(ADA, step) == review.UndoResult(step.image_ids, ())
    assert review_queue.confident_count("rps", 0.8) == 2
    assert audit.latest(1)[0].action == "image.undo"


def test_only_what_was_changed_becomes_a_persons_own() -> None:
    image = picture(box(), box("paper", 0.2, 0.7), box("paper", 0.8, 0.6))
    wanted = [box(confidence=None), box("scissors", 0.2), box("paper", 0.81), box("rock", 0.4, 0.99, SYNTHETIC)]
    review.set_boxes(ADA, image.id, wanted, stamp(image))
    assert sorted(places(image)) == [
        ("paper", 0.81, HUMAN, None, "ada"),
        ("rock", 0.4, HUMAN, None, "ada"),
        ("rock", 0.5, MODEL, 0.9, "system"),
        ("scissors", 0.2, HUMAN, None, "ada"),
    ]
    assert now(image).state == "labelled"


def test_two_boxes_at_one_place_do_not_share_an_origin() -> None:
    image = picture(box())
    review.set_boxes(ADA, image.id, [box(), box()])
    assert [place[2] for place in places(image)] == [MODEL, HUMAN]


def test_no_box_makes_a_negative() -> None:
    image = picture(box())
    review.set_boxes(ADA, image.id, [])
    assert (now(image).state, now(image).boxes) == ("labelled", [])


def test_an_unknown_class_changes_nothing() -> None:
    image = picture(box())
    with pytest.raises(BadBoxError, match="not 'lizard'"):
        review.set_boxes(ADA, image.id, [box("lizard")])
    assert (now(image).state, len(now(image).boxes)) == ("proposed", 1)


@pytest.mark.parametrize("action", ["boxes", "accept", "reject"])
def test_the_second_reviewer_is_told_and_nothing_is_lost(action: str) -> None:
    image = picture(box())
    seen = stamp(image)
    review.set_boxes(ADA, image.id, [box("paper", 0.3)], seen)
    with pytest.raises(review.ReviewedMeanwhileError, match=r"ada reviewed this image at .*: it is labelled"):
        if action == "boxes":
            review.set_boxes(BOB, image.id, [], seen)
        elif action == "accept":
            review.accept(BOB, [image.id], {image.id: seen})
        else:
            review.reject(BOB, [image.id], {image.id: seen})
    assert places(image) == [("paper", 0.3, HUMAN, None, "ada")]
    assert now(image).reviewed_by == "ada"
    review.set_boxes(BOB, image.id, [], stamp(now(image)))  # who has seen it may change it
    assert now(image).boxes == []


@pytest.mark.parametrize("action", ["boxes", "accept", "reject"])
def test_a_deleted_picture_is_told(action: str) -> None:
    image = picture(box())
    store.delete(ADA, [image.id])
    with pytest.raises(LookupError, match="it was deleted"):
        if action == "boxes":
            review.set_boxes(ADA, image.id, [])
        else:
            (review.accept if action == "accept" else review.reject)(ADA, [image.id])


def test_undo_brings_everything_back() -> None:
    image = picture(box(), box("paper", 0.2, 0.7), priority=UNSURE)
    before, was = stamp(image), places(image)
    first = review.set_boxes(ADA, image.id, [box("scissors", 0.6)])
    second = review.reject(ADA, [image.id])
    assert now(image).state == "rejected"
    review.undo(ADA, second)
    assert (now(image).state, places(image)) == ("labelled", [("scissors", 0.6, HUMAN, None, "ada")])
    review.undo(ADA, first)
    assert (stamp(now(image)), places(image), now(image).reviewed_by) == (before, was, None)


def test_undo_does_not_overrule_somebody_else() -> None:
    mine, theirs = picture(box()), picture(box())
    step = review.accept(ADA, [mine.id, theirs.id])
    review.set_boxes(BOB, theirs.id, [])
    assert review.undo(ADA, step) == review.UndoResult((mine.id,), (theirs.id,))
    assert (now(theirs).reviewed_by, now(theirs).boxes) == ("bob", [])
    with pytest.raises(review.ReviewedMeanwhileError, match="Nothing was undone"):
        review.undo(ADA, step)
    with pytest.raises(ForbiddenError):
        review.undo(BOB, step)


def test_undo_of_a_deleted_picture_is_told() -> None:
    image = picture(box())
    step = review.accept(ADA, [image.id])
    store.delete(ADA, [image.id])
    with pytest.raises(review.ReviewedMeanwhileError, match="deleted"):
        review.undo(ADA, step)


def test_reviewing_is_an_editors_work() -> None:
    image = picture(box())
    step = Step("eve", "accept", (), {})
    for action in (
        lambda: review.accept(EVE, [image.id]),
        lambda: review.accept_confident(EVE, "rps", 0.8),
        lambda: review.set_boxes(EVE, image.id, []),
        lambda: review.reject(EVE, [image.id]),
        lambda: review.undo(EVE, step),
    ):
        with pytest.raises(ForbiddenError, match="Requires the editor role"):
            action()
    assert now(image).state == "proposed"


LIVE_EVE = {"session": "live-eve", "collection": HANDS}


def said(*found: tuple[float, int]) -> Detections:
    """Boxes at 16, 12 to 48, 36 on a 64 × 48 picture, with these scores and labels."""
    return Detections(
        np.array([[16, 12, 48, 36]] * len(found), np.float32),
        np.array([score for score, _ in found], np.float32),
        np.array([label for _, label in found], np.int64),
    )


def test_anybody_may_flag_a_mistake_and_it_comes_first() -> None:
    picture(box(), priority=UNSURE)
    image = review.flag(EVE, pixels(), "paper", FlaggedPrediction(said((0.97, 0), (0.4, 2)), CLASSES, "v3"), **LIVE_EVE)
    assert [one.id for one in review_queue.queue("rps", 1)] == [image.id]
    assert (image.source, image.state, image.priority, image.created_by) == ("live", "proposed", FLAGGED, "eve")
    assert render(image.note) == "v3 predicted rock (97 %), scissors (40 %); eve labelled it paper."
    (corrected,) = image.boxes
    assert (corrected.label, corrected.x, corrected.width, corrected.height) == ("paper", 0.5, 0.5, 0.5)
    assert corrected.confidence is None  # so no bulk acceptance takes it
    assert review_queue.confident_count("rps", 0.0) == 1


def test_a_flag_without_a_throw_proposes_an_empty_picture() -> None:
    image = review.flag(EVE, pixels(), None, FlaggedPrediction(said((0.6, 1)), CLASSES), **LIVE_EVE)
    assert (image.state, image.boxes) == ("proposed", [])
    assert render(image.note).endswith("eve labelled it negative (no object).")


def test_a_missed_throw_waits_without_a_box() -> None:
    image = review.flag(EVE, pixels(), "rock", FlaggedPrediction(no_detections(), CLASSES), **LIVE_EVE)
    assert (image.state, image.boxes) == ("unlabelled", [])
    assert render(image.note) == "the model predicted nothing; eve labelled it rock."


def test_the_same_frame_flagged_again_moves_up_unless_it_was_judged() -> None:
    frame = pixels()
    first = store.add(SYSTEM, frame, HANDS, source=WEBCAM, session="s", boxes=[box()])
    again = review.flag(EVE, frame, "paper", FlaggedPrediction(said((0.9, 0)), CLASSES), **LIVE_EVE)
    assert (again.id, again.priority, places(again)[0][0]) == (first.id, FLAGGED, "rock")
    review.accept(ADA, [first.id])
    review.flag(EVE, frame, "scissors", FlaggedPrediction(said((0.9, 0)), CLASSES), **LIVE_EVE)
    assert now(first).state == "labelled"
    assert "paper" in render(now(first).note)


def test_a_flag_of_an_unknown_class_is_refused() -> None:
    for answer in (said((0.9, 0)), no_detections()):
        with pytest.raises(BadBoxError, match="not 'lizard'"):
            review.flag(EVE, pixels(), "lizard", FlaggedPrediction(answer, CLASSES), **LIVE_EVE)
    assert review_queue.queue("rps") == []


def test_what_was_labelled_since_the_newest_dataset_is_counted() -> None:
    review.accept(ADA, [picture(box()).id])
    picture(box(provenance=HUMAN, confidence=None))
    picture(box())
    assert review_queue.newly_labelled("rps") == 2
    stored = lake.write({"sha256": np.array(["a"])}, "rps")
    datasets.register(stored, "rps", {}, SYSTEM)
    assert review_queue.newly_labelled("rps") == 0
    picture(box(provenance=HUMAN, confidence=None))
    assert review_queue.newly_labelled("rps") == 1
