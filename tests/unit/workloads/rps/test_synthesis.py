"""Rendered pictures become labelled pictures of the store, and all labelled ones a dataset."""

from __future__ import annotations

import numpy as np
import pytest

from core.config.progress import silent
from core.config.settings import get_settings
from core.images import store
from core.storage import lake
from core.workloads import get_workload
from core.workloads.image_collections import collection_of
from core.workloads.images.manifest import manifest_images
from core.workloads.rps import synthesis
from tests.hands import add_signs, snapshot

RPS = get_workload("rps")


def make(**choices: int) -> lake.StoredFile:
    return RPS.generate(RPS.parameters(**choices), silent)


def test_rendered_pictures_are_labelled_split_for_good_and_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []
    first = RPS.generate(RPS.parameters(synthetic=10, seed=5), lambda *given: told.append(given))
    assert first.rows == store.counts("rps").total == 10
    assert [share for share, _text in told] == sorted(share for share, _text in told)
    kept = store.listed(limit=20)
    assert {image.state for image in kept} == {"labelled"} and {image.source for image in kept} == {"synthetic"}
    assert len({image.session for image in kept}) == 10
    assert all(box.provenance == "synthetic" for image in kept for box in image.boxes)
    monkeypatch.setattr("core.workloads.rps.render.render_many", lambda *_given, **_more: pytest.fail("again"))
    assert make(synthetic=10, seed=5).sha256 == first.sha256


def test_the_next_seeds_come_on_top() -> None:
    make(synthetic=4, seed=0)
    assert make(synthetic=6, seed=2).rows == 8


def test_without_synthetic_pictures_a_dataset_is_what_people_labelled() -> None:
    add_signs(2, "train")
    assert make(synthetic=0).rows == 6


def test_the_manifest_gives_back_what_was_labelled() -> None:
    add_signs(1, "train")
    found = {picture.sha256: picture for picture in manifest_images(snapshot())}
    for image in store.listed(limit=10):
        picture = found[image.sha256]
        assert (picture.session, picture.split, picture.source) == (image.session, image.split, image.source)
        box = image.boxes[0]
        np.testing.assert_allclose(picture.coordinates[0], [box.x, box.y, box.width, box.height], atol=1e-6)
        assert picture.pixels().shape == (picture.height, picture.width, 3)
        left, top, right, bottom = picture.corners()[0]
        assert (left + right) / 2 == pytest.approx(box.x * picture.width, abs=0.01)
        assert bottom - top == pytest.approx(box.height * picture.height, abs=0.01)


def test_a_full_disk_is_said_before_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_MIN_FREE_DISK_MB", str(10**9))
    get_settings.cache_clear()
    with pytest.raises(lake.DiskFullError):
        synthesis.synthesise(collection_of("rps"), 3, 0, silent)
    assert store.counts("rps").total == 0


@pytest.mark.parametrize("choices", [{"synthetic": -1}, {"synthetic": 5001}, {"seed": -1}, {"other": 1}])
def test_choices_that_make_no_sense_are_refused(choices: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        RPS.parameters(**choices)
