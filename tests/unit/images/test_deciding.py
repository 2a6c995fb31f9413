"""Captured images get their split when the first dataset is made from them, and keep it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.auth.roles import SYSTEM
from core.images import LABELLED, LIVE, SYNTHETIC, WEBCAM, store
from core.images.archive_export import export
from core.images.archive_import import import_upload, save_upload
from core.images.shots import LONGEST, Shot, person_named
from core.images.snapshot import write_snapshot
from core.images.splits import HOLDOUT, OPEN, TRAIN, UNUSED
from core.storage import datasets
from core.vision.provenance import HUMAN
from core.workloads.images.manifest import manifest_images
from tests.pictures_of_hands import HANDS, box, picture

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)


def capture(label: str, seed: int, second: float, person: str = "eve", source: str = WEBCAM) -> store.Image:
    shot = Shot(person, BEGAN + timedelta(seconds=second), "hold")
    facts = store.ImageFacts(source, shot.session, HANDS, [box(label, provenance=HUMAN)], LABELLED, shot=shot)
    return store.add_or_find(SYSTEM, picture(seed), facts).image


def three_holds(first: int = 0) -> None:
    for number, label in enumerate(("rock", "paper", "scissors")):
        for frame in range(12):
            capture(label, 1000 * first + 100 * number + frame, 60 * first + 10 * number + frame / 4)


def splits() -> dict[int, str]:
    return {image.id: image.split for image in store.listed(limit=500)}


def dataset() -> datasets.Dataset:
    return datasets.register(write_snapshot(HANDS), "rps", {}, SYSTEM)


def test_three_holds_make_a_dataset_that_teaches_and_judges_every_class_and_later_ones_change_nothing() -> None:
    three_holds()
    assert set(splits().values()) == {OPEN}
    first = dataset()
    learnt, judged = manifest_images(first, holdout=False), manifest_images(first, holdout=True)
    assert {int(one.labels[0]) for one in learnt} == {int(one.labels[0]) for one in judged} == {0, 1, 2}
    assert UNUSED not in {one.split for one in [*learnt, *judged]} and UNUSED in splits().values()
    assert {one.person for one in judged} == {"eve"}
    assert min(one.taken_s for one in judged) >= BEGAN.timestamp()
    before = splits()
    three_holds(1)
    dataset()
    assert {key: split for key, split in splits().items() if key in before} == before
    assert OPEN not in splits().values()


def test_what_is_not_labelled_yet_waits() -> None:
    three_holds()
    shot = Shot("eve", BEGAN + timedelta(hours=1), "other")
    facts = store.ImageFacts(WEBCAM, shot.session, HANDS, [box("rock", provenance="model")], shot=shot)
    waiting = store.add_or_find(SYSTEM, picture(77_777), facts).image
    dataset()
    assert splits()[waiting.id] == OPEN


def test_mistakes_are_learnt_with_and_without_a_person() -> None:
    three_holds()
    flagged = capture("rock", 5_000, 900, source=LIVE)
    nameless = [
        store.add(SYSTEM, picture(6_000 + n), HANDS, source=LIVE, session=f"live-{n}", boxes=[box("rock")])
        for n in range(20)
    ]
    dataset()
    assert splits()[flagged.id] == TRAIN
    assert {image.split for image in nameless} == {TRAIN}


def test_rendered_images_judge_only_where_there_are_no_others_and_never_those_that_were_learnt() -> None:
    for seed in range(60):
        store.add(
            SYSTEM, picture(seed), HANDS, source=SYNTHETIC, session=f"s{seed}", boxes=[box("rock")], state=LABELLED
        )
    judges = {one.session for one in manifest_images(dataset(), holdout=True)}
    assert len(judges) > 3
    without = datasets.register(write_snapshot(HANDS, learnt=judges), "rps", {}, SYSTEM)
    assert manifest_images(without, holdout=True) == []
    assert not judges & {one.session for one in manifest_images(without, holdout=False)}
    three_holds(1)
    mixed = dataset()
    assert {one.source for one in manifest_images(mixed, holdout=True)} == {WEBCAM}
    assert not judges & {one.session for one in manifest_images(mixed, holdout=False)}
    assert {image.split for image in store.listed(limit=500) if image.session in judges} == {HOLDOUT}


def test_an_export_keeps_every_side_elsewhere(tmp_path: Path) -> None:
    three_holds()
    dataset()
    before = {image.sha256: image.split for image in store.listed(limit=500)}
    export(SYSTEM, tmp_path / "out.zip", HANDS)
    store.delete(SYSTEM, list(splits()))
    with (tmp_path / "out.zip").open("rb") as content:
        upload = save_upload(SYSTEM, content)
    import_upload(SYSTEM, upload, {name: name for name in HANDS.classes}, HANDS)
    after = {image.sha256: image.split for image in store.listed(limit=500)}
    assert len(after) == len(before) and sorted(after.values()) == sorted(before.values())


@pytest.mark.parametrize(
    ("given", "kept"), [("  Ada\t L. ", "Ada L."), ("x" * 90, "x" * LONGEST), ("e\u0301ve", "éve")]
)
def test_a_name_is_normalised(given: str, kept: str) -> None:
    assert person_named(given) == kept
    assert len(Shot(kept, BEGAN, "h").session) <= 64


@pytest.mark.parametrize("given", ["", " \n "])
def test_a_name_has_a_character(given: str) -> None:
    with pytest.raises(ValueError, match="at least one character"):
        person_named(given)
