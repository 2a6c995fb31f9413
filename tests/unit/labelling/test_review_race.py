"""Reviewers who save the same picture in the same moment, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from core.auth.roles import SYSTEM, Actor, Role
from core.images import UNSURE, WEBCAM, store
from core.labelling import review, review_queue
from core.labelling.review_history import stamp
from core.vision.boxes import NewBox
from tests.pictures_of_hands import HANDS


def box(x: float) -> NewBox:
    return NewBox("rock", x, 0.5, 0.05, 0.1, "model", 0.9)


def test_one_of_many_wins_and_the_others_are_told(either_engine: str) -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    image = store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session="s", boxes=[box(0.5)], priority=UNSURE)
    assert review_queue.waiting_counts("rps") == {"flagged": 0, "unsure": 1, "proposed": 0, "unlabelled": 0}
    seen, ready = stamp(image), Barrier(6)

    def save(number: int) -> int | None:
        ready.wait(timeout=30)
        try:
            review.set_boxes(Actor(f"editor{number}", Role.EDITOR), image.id, [box(number / 10)] * number, seen)
        except review.ReviewedMeanwhileError:
            return None
        return number

    with ThreadPoolExecutor(6) as pool:
        (winner,) = [number for number in pool.map(save, range(1, 7)) if number is not None]
    after = store.get(image.id)
    assert after is not None
    assert after.reviewed_by == f"editor{winner}"
    assert [one.x for one in after.boxes] == [pytest.approx(winner / 10)] * winner
    assert review_queue.waiting_counts("rps")["unsure"] == 0
    assert review_queue.confident_count("rps", 0.8) == 0
    assert review_queue.newly_labelled("rps") == 1
