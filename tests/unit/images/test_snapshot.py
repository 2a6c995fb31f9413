"""A snapshot is a manifest of labelled pictures: the same labels on the same pictures are the same dataset."""

import json

import pytest

from core.auth.roles import SYSTEM
from core.images import LABELLED, REJECTED, SYNTHETIC, UPLOAD, store
from core.images.snapshot import COLUMNS, NoLabelledImagesError, write_snapshot
from core.storage import datasets, lake
from tests.pictures_of_hands import HANDS, box, picture


def test_only_labelled_pictures_are_in_it() -> None:
    kept = store.add(SYSTEM, picture(1), HANDS, source=SYNTHETIC, session="a", boxes=[box("paper"), box("rock", x=0.7)])
    negative = store.add(SYSTEM, picture(2), HANDS, source=UPLOAD, session="b", state=LABELLED)
    store.add(SYSTEM, picture(3), HANDS, source=UPLOAD, session="b", state=REJECTED, boxes=[box("rock")])
    store.add(SYSTEM, picture(4), HANDS, source=UPLOAD, session="b", boxes=[box("rock", provenance="model")])
    store.add(SYSTEM, picture(5), HANDS, source=UPLOAD, session="b")
    stored = write_snapshot(HANDS)
    columns = lake.read(stored.path, COLUMNS)
    assert stored.rows == 2
    assert columns["sha256"].tolist() == sorted([kept.sha256, negative.sha256])
    at = columns["sha256"].tolist().index(kept.sha256)
    assert json.loads(columns["boxes"][at]) == [[0, 0.7, 0.5, 0.3, 0.4], [1, 0.4, 0.5, 0.3, 0.4]]
    assert json.loads(columns["boxes"][1 - at]) == []
    assert (columns["session"][at], columns["split"][at], columns["source"][at]) == ("a", kept.split, SYNTHETIC)
    assert (columns["width"][at], columns["height"][at]) == (96, 64)
    assert columns["holdout"].tolist() == [split == "holdout" for split in columns["split"]]


def test_the_order_of_arrival_does_not_matter_and_a_label_does() -> None:
    for seed in range(20):
        store.add(SYSTEM, picture(seed), HANDS, source=SYNTHETIC, session="a", boxes=[box("paper"), box("rock", x=0.7)])
    first = write_snapshot(HANDS)
    store.delete(SYSTEM, [image.id for image in store.listed(limit=99)])
    for seed in reversed(range(20)):
        store.add(SYSTEM, picture(seed), HANDS, source=SYNTHETIC, session="a", boxes=[box("rock", x=0.7), box("paper")])
    again = write_snapshot(HANDS)
    assert again.sha256 == first.sha256
    store.delete(SYSTEM, [store.listed(limit=1)[0].id])
    assert write_snapshot(HANDS).sha256 != first.sha256


def test_nothing_labelled_is_said_with_the_next_step() -> None:
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="a")
    with pytest.raises(NoLabelledImagesError, match="No image is labelled yet") as refused:
        write_snapshot(HANDS)
    assert isinstance(refused.value, datasets.NoDatasetError)
