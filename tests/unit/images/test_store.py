"""The store of pictures: once by content, file before row, row before file, split by session."""

import shutil
import threading
from collections import Counter, namedtuple

import numpy as np
import pytest

from core.auth import audit
from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.catalog.engine import reading
from core.catalog.image_tables import Box, Image
from core.config.messages import text
from core.config.settings import Settings
from core.images import FLAGGED, LABELLED, LIVE, PROPOSED, REJECTED, SYNTHETIC, UNLABELLED, UPLOAD, files, store
from core.images.collection import ImageCollection
from core.images.splits import split_of
from core.storage import lake
from core.vision.boxes import BadBoxError, NewBox, from_corners, to_corners
from core.vision.decode import BadImageError
from tests.pictures_of_hands import HANDS, box, picture

EDITOR, VIEWER = Actor("eve", Role.EDITOR), Actor("vic", Role.VIEWER)


def names(settings: Settings) -> set[str]:
    return {path.name for path in settings.images_dir.iterdir()}


def test_a_picture_comes_back_as_it_went_in(settings: Settings) -> None:
    pixels = picture(1)
    kept = store.add(
        EDITOR, pixels, HANDS, source=UPLOAD, session="desk", boxes=[box("paper")], note=(text("by phone"),)
    )
    assert names(settings) == {f"{kept.sha256}.jpg"}
    assert lake.sha256_of(store.file_path(kept)) == kept.sha256
    assert store.file_path(kept).stat().st_size == kept.bytes
    back = store.get(kept.id)
    assert back is not None
    assert (back.width, back.height, back.source, back.note) == (96, 64, UPLOAD, (text("by phone"),))
    assert (back.created_by, back.priority, back.split) == ("eve", 0, split_of("desk"))
    assert [(found.label, found.created_by) for found in back.boxes] == [("paper", "eve")]
    assert np.abs(store.read_pixels(back).astype(int) - pixels).mean() < 8  # JPEG is not exact


def test_the_state_follows_from_the_boxes() -> None:
    def state(seed: int, *boxes: NewBox, **about: str) -> str:
        return store.add(EDITOR, picture(seed), HANDS, source=UPLOAD, session="s", boxes=boxes, **about).state  # type: ignore[arg-type]

    assert state(1) == UNLABELLED
    assert state(2, box("rock", provenance="model")) == PROPOSED
    assert state(3, box("rock"), box("paper", provenance="model")) == PROPOSED
    assert state(4, box("rock", provenance=SYNTHETIC)) == LABELLED
    assert state(5, state=LABELLED) == LABELLED  # a negative


def test_the_same_picture_again_is_the_old_row_unchanged(settings: Settings) -> None:
    first = store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="desk", boxes=[box("rock")])
    again = store.add_or_find(EDITOR, picture(1), store.ImageFacts(SYNTHETIC, "elsewhere", HANDS, boxes=[box("paper")]))
    assert not again.new
    assert (again.image.id, again.image.session) == (first.id, "desk")
    assert [found.label for found in again.image.boxes] == ["rock"]
    assert len(names(settings)) == 1
    assert store.count() == 1


def test_many_at_once_with_the_same_picture_make_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    barrier = threading.Barrier(6)
    looked = store.find

    def find_and_wait(workload: str, sha256: str) -> Image | None:
        """All look before anybody writes: only the constraint can decide."""
        found = looked(workload, sha256)
        if not barrier.broken:
            try:
                barrier.wait(10)
                barrier.abort()
            except threading.BrokenBarrierError:
                pass
        return found

    monkeypatch.setattr(store, "find", find_and_wait)
    outcomes: list[store.StoreResult] = []
    facts = store.ImageFacts(UPLOAD, "s", HANDS, boxes=[box("rock")])
    threads = [
        threading.Thread(target=lambda: outcomes.append(store.add_or_find(EDITOR, picture(1), facts))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Counter(outcome.new for outcome in outcomes) == {True: 1, False: 5}
    assert len({outcome.image.id for outcome in outcomes}) == 1
    with reading() as session:
        assert session.query(Box).count() == 1


def test_a_large_picture_is_kept_smaller(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(settings, "image_keep_side", 320)
    kept = store.add(EDITOR, picture(1, 1000, 500), HANDS, source=UPLOAD, session="s")
    assert (kept.width, kept.height) == (320, 160)
    monkeypatch.setattr(settings, "image_keep_side", 128)  # what is kept stays as it is
    assert store.read_pixels(kept).shape == (160, 320, 3)


def test_viewers_may_only_report_live_mistakes() -> None:
    with pytest.raises(ForbiddenError, match="Requires the editor role"):
        store.add(VIEWER, picture(1), HANDS, source=UPLOAD, session="s")
    kept = store.add(VIEWER, picture(1), HANDS, source=LIVE, session="s", priority=FLAGGED, state=PROPOSED)
    assert (kept.created_by, kept.priority) == ("vic", FLAGGED)
    with pytest.raises(ForbiddenError):
        store.delete(VIEWER, [kept.id])
    assert store.count() == 1


@pytest.mark.parametrize(
    "about",
    [
        {"source": "moon"},
        {"state": "fine"},
        {"session": ""},
        {"session": "x" * 65},
        {"boxes": [NewBox("spock", 0.5, 0.5, 0.1, 0.1, "human")]},
    ],
)
def test_unknown_words_are_refused(about: dict[str, object], settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"not known|1 to 64|not 'spock'"):
        store.add(EDITOR, picture(1), HANDS, **{"source": UPLOAD, "session": "s", **about})  # type: ignore[arg-type]
    assert names(settings) == set()


def test_what_is_no_picture_is_refused() -> None:
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(BadImageError, match=r"\(height, width, 3\)"):
            store.add(EDITOR, wrong, HANDS, source=UPLOAD, session="s")  # type: ignore[arg-type]


def test_a_full_disk_is_said_before_anything_is_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(lake.DiskFullError, match="Not enough disk"):
        store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    assert names(settings) == set()
    assert store.count() == 0


def test_a_write_that_fails_leaves_neither_file_nor_row(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(lake.LakeError, match="No space left"):
        store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    assert names(settings) == set()
    assert store.count() == 0


def test_a_row_that_cannot_be_written_leaves_only_a_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """File before row: a crash between them must not leave a row that shows nothing."""

    def crash(_image: Image, _data: bytes) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_insert", crash)
    with pytest.raises(KeyboardInterrupt):
        store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    assert len(names(settings)) == 1
    assert store.count() == 0


def test_deleting_takes_rows_boxes_and_files(settings: Settings) -> None:
    kept = [
        store.add(EDITOR, picture(seed), HANDS, source=UPLOAD, session="s", boxes=[box("rock")]) for seed in range(3)
    ]
    assert store.delete(EDITOR, [kept[0].id, kept[1].id, 999]) == 2
    assert names(settings) == {f"{kept[2].sha256}.jpg"}
    with reading() as session:
        assert session.query(Box).count() == 1
    assert audit.latest(1)[0].subject == "images"
    assert store.delete(EDITOR, [kept[0].id]) == 0
    assert len(audit.latest()) == 1


def test_a_file_that_another_row_uses_is_kept(settings: Settings) -> None:
    first = store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    second = store.add(EDITOR, picture(1), ImageCollection("other", ("rock",)), source=UPLOAD, session="s")
    assert first.sha256 == second.sha256
    store.delete(EDITOR, [first.id])
    assert store.read_pixels(second).shape == (64, 96, 3)
    store.delete(EDITOR, [second.id])
    assert names(settings) == set()


def test_the_row_goes_before_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")

    def crash(_sha256: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "remove", crash)
    with pytest.raises(KeyboardInterrupt):
        store.delete(EDITOR, [kept.id])
    assert store.get(kept.id) is None
    assert len(names(settings)) == 1


def test_a_deletion_between_file_and_row_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes the same picture after its file was written and before the new row is there."""
    write = files.write

    def written_and_lost(sha256: str, data: bytes) -> None:
        write(sha256, data)
        monkeypatch.setattr(files, "write", write)
        files.remove(sha256)

    monkeypatch.setattr(files, "write", written_and_lost)
    kept = store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    assert store.read_pixels(kept).shape == (64, 96, 3)


def test_missing_and_damaged_files_say_what_to_do() -> None:
    kept = store.add(EDITOR, picture(1), HANDS, source=UPLOAD, session="s")
    store.file_path(kept).write_bytes(b"\xff\xd8\xff rubbish")
    with pytest.raises(store.ImageMissingError, match="cannot be read"):
        store.read_pixels(kept)
    store.file_path(kept).unlink()
    with pytest.raises(store.ImageMissingError, match=r"missing.*Delete it on Datasets"):
        store.file_path(kept)


def test_pages_filters_and_figures() -> None:
    for seed in range(6):
        boxes = [box("rock")] if seed % 2 else [box("paper"), box("paper", x=0.7)]
        store.add(SYSTEM, picture(seed), HANDS, source=SYNTHETIC, session=f"s{seed}", boxes=boxes)
    store.add(EDITOR, picture(6), HANDS, source=UPLOAD, session="s0", state=REJECTED)
    store.add(EDITOR, picture(7), HANDS, source=UPLOAD, session="s0", state=LABELLED)
    assert [image.id for image in store.listed(limit=3, offset=2)] == [6, 5, 4]
    assert store.count(store.Filters(label="paper")) == 3
    assert store.count(store.Filters(source=UPLOAD, state=REJECTED)) == 1
    assert store.count(store.Filters(session="s0")) == 3
    assert store.count(store.Filters(workload="other")) == 0
    found = store.counts("rps")
    assert (found.total, found.states) == (8, {"labelled": 7, "rejected": 1})
    assert found.sources == {"synthetic": 6, "upload": 2}
    assert sum(found.splits.values()) == 8
    assert {label: sum(splits.values()) for label, splits in found.boxes.items()} == {"rock": 3, "paper": 6}
    assert found.negatives == {split_of("s0"): 1}
    assert store.counts("other") == store.Counts()


def test_sessions_are_split_for_good_and_in_proportion() -> None:
    assert [split_of(name) for name in ("a", "desk", "anna at home")] == [
        split_of(name) for name in ("a", "desk", "anna at home")
    ]
    shares = Counter(split_of(f"session {number}") for number in range(5000))
    assert abs(shares["train"] / 5000 - 0.7) < 0.03
    assert abs(shares["val"] / 5000 - 0.1) < 0.02
    assert abs(shares["holdout"] / 5000 - 0.2) < 0.03


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ((0.5, 0.5, 0.0, 0.1), "above 0"),
        ((0.5, 0.5, 0.1, -0.1), "above 0"),
        ((0.95, 0.5, 0.2, 0.1), "beyond the image: x"),
        ((0.5, -0.2, 0.2, 0.1), "beyond the image: y"),
        ((float("nan"), 0.5, 0.1, 0.1), "finite"),
        ((0.5, 0.5, float("inf"), 0.1), "finite"),
    ],
)
def test_a_box_that_is_none_is_refused(place: tuple[float, float, float, float], why: str) -> None:
    with pytest.raises(BadBoxError, match=why):
        NewBox("rock", *place, "human")


def test_other_words_of_a_box_are_checked() -> None:
    with pytest.raises(BadBoxError, match="label"):
        NewBox("", 0.5, 0.5, 0.1, 0.1, "human")
    with pytest.raises(BadBoxError, match="provenance"):
        NewBox("rock", 0.5, 0.5, 0.1, 0.1, "oracle")
    with pytest.raises(BadBoxError, match="between 0 and 1"):
        NewBox("rock", 0.5, 0.5, 0.1, 0.1, "model", 1.5)


def test_rounding_at_the_border_is_forgiven() -> None:
    made = NewBox("rock", 0.9, 0.5, 0.2005, 1.0, "human")
    assert made.x + made.width / 2 == pytest.approx(1.0)
    assert made.x - made.width / 2 == pytest.approx(0.9 - 0.10025)
    assert (made.y, made.height) == (0.5, 1.0)


def test_pixels_and_shares_are_two_ways_to_say_the_same() -> None:
    made = from_corners("rock", (-10, 20, 50, 60), 100, 80, "model", 0.5)
    assert to_corners(made.x, made.y, made.width, made.height, 100, 80) == pytest.approx((0, 20, 50, 60))
    with pytest.raises(BadBoxError):
        from_corners("rock", (120, 20, 150, 60), 100, 80, "model")


def test_a_rival_that_vanishes_again_does_not_stop_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody added the same picture just before us, and deleted it before we could find it."""
    insert = store._insert
    refusals = iter([True, True])
    monkeypatch.setattr(store, "_insert", lambda image, data: False if next(refusals, False) else insert(image, data))
    kept = store.add_or_find(EDITOR, picture(1), store.ImageFacts(UPLOAD, "s", HANDS, boxes=[box("rock")]))
    assert kept.new
    assert store.count() == 1
