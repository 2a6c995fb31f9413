"""Strangers' datasets: both layouts, their class names, and everything that is wrong with them."""

import io
import shutil
import zipfile
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render
from core.config.settings import Settings
from core.images import IMPORT, LABELLED, PROPOSED, UNLABELLED, archive_export, archive_import, files, store
from core.images.archive_formats import FOLDERS, NO_FOLDER, YOLO
from core.images.archives import BadArchiveError
from core.images.class_mapping import BACKGROUND, LEAVE_OUT, guess_class
from core.images.label_hints import hint_note
from core.images.splits import split_of
from core.storage import lake, uploads
from core.vision.provenance import HUMAN
from core.workloads.rps.classes import CLASSES, SYNONYMS
from tests.pictures_of_hands import HANDS, box, file_bytes, picture
from tests.zips import zipped

EDITOR, VIEWER = Actor("eve", Role.EDITOR), Actor("vic", Role.VIEWER)
OURS = {"Rock": "rock", "Paper": "paper", "Scissors": "scissors"}
YAML = b"train: ../train/images\nval: ../valid/images\n\nnc: 3\nnames: ['Paper', 'Rock', 'Scissors']\n"


def jpeg(seed: int) -> bytes:
    return file_bytes(picture(seed))


def bring_in(
    content: Mapping[str, bytes], class_mapping: Mapping[str, str] = OURS, without_label: str | None = None
) -> archive_import.ImportResult:
    upload = archive_import.save_upload(EDITOR, zipped(content))
    return archive_import.import_upload(EDITOR, upload, class_mapping, HANDS, without_label=without_label)


def stored() -> dict[str, store.Image]:
    """All pictures by the session they were given, which here tells them apart."""
    return {image.session: image for image in store.listed(limit=1000)}


def labels(image: store.Image) -> list[tuple[str, float]]:
    return [(found.label, found.x) for found in image.boxes]


def test_a_roboflow_download(settings: Settings) -> None:
    outcome = bring_in(
        {
            "data.yaml": YAML,
            "README.roboflow.txt": b"made by a robot",
            "train/images/anna-1_jpg.rf.aa11.jpg": jpeg(1),
            "train/labels/anna-1_jpg.rf.aa11.txt": b"1 0.4 0.5 0.2 0.2\n2 0.7 0.5 0.2 0.2",
            "valid/images/anna-2_jpg.rf.bb22.jpg": jpeg(2),
            "valid/labels/anna-2_jpg.rf.bb22.txt": b"0 0.3 0.5 0.2 0.2\n",
            "test/images/bert.jpg": jpeg(3),
            "test/labels/bert.txt": b"",
            "__MACOSX/test/images/._bert.jpg": b"junk",
        }
    )
    assert (outcome.new, outcome.boxes, outcome.negatives, outcome.refused) == (3, 3, 1, 0)
    assert outcome.faults == []
    anna, bert = store.listed(store.Filters(session="import/anna")), stored()["import/bert"]
    assert sorted(label for image in anna for label, _ in labels(image)) == ["paper", "rock", "scissors"]
    assert {image.split for image in anna} == {split_of("import/anna")}  # whatever their folders say
    assert (bert.state, bert.source, labels(bert)) == (LABELLED, IMPORT, [])
    assert anna[0].boxes[0].provenance == HUMAN
    assert list(settings.uploads_dir.iterdir()) == []
    assert audit.latest(1)[0].action == "image.import"


def test_names_by_number_and_labels_beside_the_pictures() -> None:
    outcome = bring_in(
        {
            "set/data.yaml": b"names:\n  0: rock\n  1: stone age\n",
            "set/a.png": file_bytes(picture(1), "PNG"),
            "set/a.txt": b"0 .5 .5 .2 .2",
            "set/b.jpg": jpeg(2),
        },
        {"rock": "rock"},
    )
    assert (outcome.new, outcome.boxes, outcome.negatives, outcome.unlabelled) == (2, 1, 0, 1)
    assert labels(stored()["import/a"]) == [("rock", 0.5)]


def test_polygons_are_taken_as_the_boxes_around_them() -> None:
    content = {"data.yaml": YAML, "images/a.jpg": jpeg(1), "labels/a.txt": b"1 .2 .2 .6 .2 .6 .8 .2 .8"}
    bring_in(content)
    found = stored()["import/a"].boxes[0]
    assert (found.x, found.y, found.width, found.height) == pytest.approx((0.4, 0.5, 0.4, 0.6))


def test_without_names_the_classes_are_numbers() -> None:
    content = {"images/a.jpg": jpeg(1), "labels/a.txt": b"0 .5 .5 .2 .2\n4 .2 .2 .1 .1"}
    name = archive_import.save_upload(EDITOR, zipped(content))
    layout = archive_import.inspect_upload(name)
    assert (layout.kind, layout.classes) == (YOLO, [f"class {number}" for number in range(5)])
    assert "only numbers: data.yaml: there is none" in layout.remarks[0]
    archive_import.import_upload(EDITOR, name, {"class 0": "paper", "class 4": "rock"}, HANDS)
    assert labels(stored()["import/a"]) == [("paper", 0.5), ("rock", 0.2)]


def test_the_list_of_a_drawing_tool_names_the_classes() -> None:
    content = {"classes.txt": b"Fist\nPalm\n", "a.jpg": jpeg(1), "a.txt": b"1 .5 .5 .2 .2"}
    assert archive_import.inspect_upload(archive_import.save_upload(EDITOR, zipped(content))).classes == [
        "Fist",
        "Palm",
    ]


def test_classes_become_ours_background_or_a_reason_to_leave_out() -> None:
    names = b"names: [Rock, Face, Spock, Lizard]"
    content = {
        "data.yaml": names,
        "images/plain.jpg": jpeg(1),
        "labels/plain.txt": b"0 .5 .5 .2 .2\n1 .2 .2 .1 .1",
        "images/only face.jpg": jpeg(2),
        "labels/only face.txt": b"1 .5 .5 .2 .2",
        "images/spock.jpg": jpeg(3),
        "labels/spock.txt": b"0 .5 .5 .2 .2\n2 .2 .2 .1 .1",
        "images/lizard.jpg": jpeg(4),
        "labels/lizard.txt": b"3 .5 .5 .2 .2",
        "images/unknown.jpg": jpeg(5),
        "labels/unknown.txt": b"9 .5 .5 .2 .2",
    }
    # Lizard is not mentioned: what nobody gave a meaning must not become a false negative.
    outcome = bring_in(content, {"Rock": "rock", "Face": BACKGROUND, "Spock": LEAVE_OUT})
    assert {name: labels(image) for name, image in stored().items()} == {
        "import/plain": [("rock", 0.5)],
        "import/only face": [],
    }
    assert (outcome.left_out, outcome.negatives) == (3, 1)
    assert [render(fault) for fault in outcome.faults] == ["labels/unknown.txt: class 9 is not in the list of names"]


def test_bad_lines_are_told_and_a_person_looks_at_the_picture() -> None:
    outcome = bring_in(
        {
            "data.yaml": YAML,
            "images/a.jpg": jpeg(1),
            "labels/a.txt": b"1 0.4 0.5 0.2 0.2\n1 1.4 0.5 0.2 0.2\nrubbish",
            "labels/nobody.txt": b"1 .5 .5 .1 .1",
            "images/none.jpg": jpeg(2),
        },
        without_label=archive_import.NEGATIVE,
    )
    found = stored()
    assert labels(found["import/a"]) == [("rock", 0.4)]
    assert found["import/a"].state == PROPOSED
    assert "line 2: The box extends beyond the image" in render(found["import/a"].note)
    assert (found["import/none"].state, labels(found["import/none"])) == (LABELLED, [])
    assert (outcome.lines_refused, outcome.labels_without_picture, outcome.negatives) == (2, 1, 1)
    assert render(outcome.faults[0]) == "labels/nobody.txt: there is no image for this label file"
    assert "labels/a.txt, line 3" in render(outcome.faults[2])
    assert "2 label lines rejected. 1 label file without an image" in render(outcome.messages())


def test_bad_pictures_are_passed_over_one_by_one() -> None:
    outcome = bring_in(
        {
            "data.yaml": YAML,
            "images/a.jpg": b"no picture",
            "images/b.jpg": jpeg(1)[:300],
            "images/c.jpg": b"",
            "images/d.jpg": jpeg(2),
            "labels/d.txt": b"1 .5 .5 .2 .2",
        }
    )
    assert (outcome.new, outcome.refused) == (1, 3)
    assert [render(fault).split(":")[0] for fault in outcome.faults] == [f"images/{name}.jpg" for name in "abc"]


def test_class_folders_wait_for_their_boxes() -> None:
    content = {
        "gestures/train/Rock/r1.jpg": jpeg(1),
        "gestures/test/Scissors/s1.jpg": jpeg(2),
        "gestures/train/nothing/n1.jpg": jpeg(3),
        "gestures/train/spock/x1.jpg": jpeg(4),
    }
    name = archive_import.save_upload(EDITOR, zipped(content))
    layout = archive_import.inspect_upload(name)
    assert (layout.kind, layout.classes) == (FOLDERS, ["Rock", "Scissors", "nothing", "spock"])
    outcome = archive_import.import_upload(EDITOR, name, {**OURS, "nothing": BACKGROUND}, HANDS)
    found = stored()
    assert (found["import/r"].state, found["import/r"].note) == (UNLABELLED, hint_note("rock"))
    assert render(found["import/s"].note) == "Label suggested on import: scissors"
    assert (found["import/n"].state, outcome.negatives) == (LABELLED, 1)
    assert (outcome.left_out, outcome.unlabelled) == (1, 2)


def test_loose_pictures_are_a_class_without_a_folder() -> None:
    layout = archive_import.inspect_upload(
        archive_import.save_upload(EDITOR, zipped({"a.jpg": jpeg(1), "Rock/b.jpg": jpeg(2)}))
    )
    assert (layout.kind, layout.classes) == (FOLDERS, [NO_FOLDER, "Rock"])


def test_the_same_import_again_changes_nothing() -> None:
    content = {"data.yaml": YAML, "images/a.jpg": jpeg(1), "labels/a.txt": b"1 .5 .5 .2 .2", "images/b.jpg": jpeg(2)}
    first, again = bring_in(content), bring_in(content)
    assert (first.new, first.known) == (2, 0)
    assert (again.new, again.known, again.boxes) == (0, 2, 0)
    assert store.count() == 2


def test_an_import_that_is_stopped_can_be_taken_up_again(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    content = {"data.yaml": YAML, **{f"images/{seed}.jpg": jpeg(seed) for seed in range(6)}}
    content |= {f"labels/{seed}.txt": b"" for seed in range(6)}
    put = store.add_or_find
    calls = iter(range(100))

    def killed_after_three(*arguments: object) -> store.StoreResult:
        if next(calls) == 3:
            raise KeyboardInterrupt  # a cancelled flow run
        return put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "add_or_find", killed_after_three)
    with pytest.raises(KeyboardInterrupt):
        bring_in(content)
    assert store.count() == 3
    for image in store.listed():
        assert store.read_pixels(image).shape == (64, 96, 3)
    assert {path.stem for path in settings.images_dir.iterdir()} == {image.sha256 for image in store.listed()}
    outcome = bring_in(content)
    assert (outcome.new, outcome.known) == (3, 3)


def test_a_disk_that_fills_up_stops_the_import_and_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    name = archive_import.save_upload(
        EDITOR, zipped({"images/a.jpg": jpeg(1), "labels/a.txt": b"", "images/b.jpg": jpeg(2), "labels/b.txt": b""})
    )
    write = files.write

    def full_after_one(sha256: str, data: bytes) -> None:
        usage = namedtuple("usage", "total used free")
        write(sha256, data)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 10**6, 10**6))

    monkeypatch.setattr(files, "write", full_after_one)
    with pytest.raises(lake.DiskFullError, match="Not enough disk"):
        archive_import.import_upload(EDITOR, name, OURS, HANDS)
    assert store.count() == 1


def test_only_editors_import() -> None:
    with pytest.raises(ForbiddenError):
        archive_import.save_upload(VIEWER, zipped({"a.jpg": jpeg(1)}))
    name = archive_import.save_upload(EDITOR, zipped({"a.jpg": jpeg(1)}))
    with pytest.raises(ForbiddenError):
        archive_import.import_upload(VIEWER, name, {NO_FOLDER: "rock"}, HANDS)


def test_an_import_that_takes_nothing_over_needs_an_editor_too(settings: Settings) -> None:
    """Without a picture to store nothing else asks for the role; the upload is not the viewer's to use up."""
    name = archive_import.save_upload(EDITOR, zipped({"a.jpg": jpeg(1)}))
    with pytest.raises(ForbiddenError):
        archive_import.import_upload(VIEWER, name, {NO_FOLDER: LEAVE_OUT}, HANDS)
    assert [path.name for path in settings.uploads_dir.iterdir()] == [name]
    assert audit.latest() == []


def test_an_upload_that_cannot_be_imported_is_not_kept(settings: Settings) -> None:
    for rubbish in (io.BytesIO(b"no archive"), zipped({"notes.txt": b"no picture"})):
        with pytest.raises(BadArchiveError):
            archive_import.save_upload(EDITOR, rubbish)
    assert list(settings.uploads_dir.iterdir()) == []


def test_the_first_class_behind_the_list_of_names_is_a_fault() -> None:
    """Numbers start at 0: with three names, 2 is the last and 3 is one too many."""
    content = {"data.yaml": YAML, "images/a.jpg": jpeg(1), "labels/a.txt": b"2 .5 .5 .2 .2"}
    content |= {"images/b.jpg": jpeg(2), "labels/b.txt": b"3 .5 .5 .2 .2"}
    outcome = bring_in(content)
    assert (outcome.new, outcome.left_out) == (1, 1)
    assert labels(stored()["import/a"]) == [("scissors", 0.5)]
    assert [render(fault) for fault in outcome.faults] == ["labels/b.txt: class 3 is not in the list of names"]


def test_an_upload_that_is_gone_is_said() -> None:
    with pytest.raises(BadArchiveError, match="Upload it again"):
        archive_import.import_upload(EDITOR, "../../etc/passwd", {}, HANDS)


@pytest.mark.parametrize(
    ("name", "ours"),
    [("Rock", "rock"), ("SCISSORS", "scissors"), ("peace", "scissors"), ("Stone", "rock"), ("open-hand", "paper")],
)
def test_usual_names_are_understood(name: str, ours: str) -> None:
    assert guess_class(name, CLASSES, SYNONYMS) == ours


def test_other_names_are_left_out() -> None:
    assert {guess_class(name, CLASSES, SYNONYMS) for name in ("spock", "hand", "0", "", "rocket")} == {LEAVE_OUT}


def test_an_export_is_read_back_as_it_was(tmp_path: Path, settings: Settings) -> None:
    """The whole way round, onto another machine: pictures, boxes, sessions and so splits."""
    for seed, (session, *boxes) in enumerate(
        [("anna at home", box("rock", 0.312345)), ("rec/2026:1", box("paper"), box("scissors", 0.8)), ("anna at home",)]
    ):
        store.add(EDITOR, picture(seed), HANDS, source="webcam", session=session, boxes=boxes, state=LABELLED)
    store.add(EDITOR, picture(9), HANDS, source="webcam", session="not labelled")
    target = tmp_path / "hands.zip"
    assert archive_export.export(VIEWER, target, HANDS) == 3
    assert archive_export.export_size("rps")[0] == 3
    before = {(image.session, image.split, tuple(labels(image))) for image in store.listed() if image.state == LABELLED}
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert {name.split("/")[1] for name in archive.namelist() if name.startswith("images/")} <= {
            "train",
            "val",
            "test",
        }

    with target.open("rb") as file:  # on the same machine: nothing is new, although encoding again would change bytes
        outcome = archive_import.import_upload(
            EDITOR,
            archive_import.save_upload(EDITOR, file),
            {"rock": "rock", "paper": "paper", "scissors": "scissors"},
            HANDS,
        )
    assert (outcome.new, outcome.known) == (0, 3)

    store.delete(EDITOR, [image.id for image in store.listed()])
    with target.open("rb") as file:
        outcome = archive_import.import_upload(
            EDITOR,
            archive_import.save_upload(EDITOR, file),
            {"rock": "rock", "paper": "paper", "scissors": "scissors"},
            HANDS,
        )
    assert (outcome.new, outcome.negatives) == (3, 1)
    after = {(image.session, image.split, tuple(labels(image))) for image in store.listed()}
    assert after == before


def test_an_export_keeps_to_ultralytics_rules(tmp_path: Path) -> None:
    for seed in range(4):
        store.add(EDITOR, picture(seed), HANDS, source="webcam", session=f"s{seed}", boxes=[box("scissors")])
    target = tmp_path / "hands.zip"
    archive_export.export(EDITOR, target, HANDS)
    import yaml

    with zipfile.ZipFile(target) as archive:
        described = yaml.safe_load(archive.read("data.yaml"))
        assert described["names"] == {0: "rock", 1: "paper", 2: "scissors"}
        pictures = [name for name in archive.namelist() if name.endswith(".jpg")]
        assert len(pictures) == 4
        for name in pictures:
            label = name.replace("images", "labels").replace(".jpg", ".txt")  # Ultralytics' rule
            assert archive.read(label) == b"2 0.400000 0.500000 0.300000 0.400000\n"


def test_an_export_without_pictures_or_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(archive_export.NothingToExportError, match="no labelled image to export"):
        archive_export.export(EDITOR, tmp_path / "hands.zip", HANDS)
    store.add(EDITOR, picture(1), HANDS, source="webcam", session="s", boxes=[box("rock")])
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        archive_export.export(EDITOR, tmp_path / "hands.zip", HANDS)
    assert list(tmp_path.glob("*hands*")) == [] and list(tmp_path.glob(".*.tmp")) == []


def test_an_export_passes_over_a_missing_file(tmp_path: Path) -> None:
    rock = [box("rock")]
    kept = [store.add(EDITOR, picture(seed), HANDS, source="webcam", session="s", boxes=rock) for seed in (1, 2)]
    store.file_path(kept[0]).unlink()
    assert archive_export.export(EDITOR, tmp_path / "hands.zip", HANDS) == 1


def test_uploads_of_either_kind_are_limited(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(uploads, "get_settings", lambda: settings.model_copy(update={"upload_max_mb": 0.001}))
    with pytest.raises(BadArchiveError, match="the limit is"):
        archive_import.save_upload(EDITOR, zipped({"a.jpg": jpeg(1)}))
    assert list(settings.uploads_dir.iterdir()) == []
