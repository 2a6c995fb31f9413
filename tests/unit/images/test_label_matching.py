"""A label that is not found is not "nothing here": however people name files and folders."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auth.roles import Actor, Role
from core.config.messages import render
from core.config.settings import Settings
from core.images import LABELLED, UNLABELLED, archive_import, store
from core.images.archive_formats import FOLDERS, YOLO, Layout, detect_layout
from core.images.archives import Archive, BadArchiveError
from core.images.label_matching import match_labels
from tests.pictures_of_hands import HANDS, file_bytes, picture
from tests.zips import zipped

EDITOR = Actor("eve", Role.EDITOR)
COMPOSED, DECOMPOSED = unicodedata.normalize("NFC", "häschen"), unicodedata.normalize("NFD", "häschen")


@pytest.mark.parametrize(
    ("picture_name", "label"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("a.jpg", "a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("Images/a.jpg", "Labels/a.txt"),
        ("images/A.JPG", "labels/a.TXT"),
        ("train/images/a.jpg", "train/label/a.txt"),
        ("train/a.jpg", "train/labels/a.txt"),
        ("images/a.jpg", "labels/a.jpg.txt"),
        (f"images/{COMPOSED}.jpg", f"labels/{DECOMPOSED}.txt"),
        ("images/train/images/a.jpg", "labels/train/labels/a.txt"),
        ("images/val/a.jpg", "labels/valid/a.txt"),
        ("JPEGImages/a.jpg", "annotations/a.txt"),
        ("images/test.jpg", "labels/test.txt"),
        ("images/data.jpg", "labels/data.txt"),
        ("images/train.jpg", "labels/train.txt"),
        ("images/a.b.c.jpg", "labels/a.b.c.txt"),
    ],
)
def test_a_label_is_found(picture_name: str, label: str) -> None:
    assert match_labels([picture_name], [label, "labels/other.txt"]) == {picture_name: label}


@pytest.mark.parametrize(
    ("pictures", "texts"),
    [
        (["images/a.jpg"], ["labels/b.txt"]),
        (["train/images/a.jpg"], ["test/labels/a.txt"]),
        # It could be anybody's.
        (["one/images/a.jpg"], ["labels/a.txt"]),
        (["a.jpg"], ["label/a.txt", "annotations/a.txt"]),
    ],
)
def test_a_label_that_may_be_another_ones_is_not_taken(pictures: list[str], texts: list[str]) -> None:
    assert match_labels(pictures, texts) == {}


def test_the_classic_place_wins_and_takes_no_other_pictures_label() -> None:
    pictures = ["images/a.jpg", "a.jpg"]
    assert match_labels(pictures, ["labels/a.txt", "a.txt"]) == {"images/a.jpg": "labels/a.txt", "a.jpg": "a.txt"}
    assert match_labels(pictures, ["labels/a.txt"]) == {"images/a.jpg": "labels/a.txt"}


def test_names_that_differ_in_case_only_keep_their_own_labels() -> None:
    pictures, texts = ["images/IMG.jpg", "images/img.jpg"], ["labels/IMG.txt", "labels/img.txt"]
    assert match_labels(pictures, texts) == dict(zip(pictures, texts, strict=True))
    assert match_labels(pictures, texts[1:]) == {"images/img.jpg": "labels/img.txt"}
    assert match_labels(pictures, ["labels/Img.txt"]) == {}, "it could be either one's"
    assert match_labels(pictures, ["annotations/Img.txt"]) == {}
    assert match_labels(["images/img.jpg", "images/img.png"], ["labels/Img.txt"]).keys() == {
        "images/img.jpg",
        "images/img.png",
    }


FOLDER_NAMES = st.sampled_from(["", "images/", "Images/", "labels/", "train/images/", "train/labels/", "annotations/"])
STEMS = st.sampled_from(["a", "A", "b", "a.jpg", "A.JPG", COMPOSED, DECOMPOSED, COMPOSED.upper(), "straße", "STRASSE"])


@given(
    st.sets(st.tuples(FOLDER_NAMES, STEMS, st.sampled_from([".jpg", ".JPG", ".png"])).map("".join)),
    st.sets(st.tuples(FOLDER_NAMES, STEMS, st.sampled_from([".txt", ".TXT"])).map("".join)),
)
def test_no_label_is_given_to_pictures_of_different_names(pictures: set[str], texts: set[str]) -> None:
    stems: dict[str, set[str]] = {}
    for name, label in match_labels(sorted(pictures), texts).items():
        assert name in pictures and label in texts
        stems.setdefault(label, set()).add(unicodedata.normalize("NFC", PurePosixPath(name).stem))
    assert all(len(names) == 1 for names in stems.values()), stems


def layout_of(content: Mapping[str, bytes], folder: Path) -> Layout:
    (folder / "a.zip").write_bytes(zipped(content).getvalue())
    with Archive(folder / "a.zip") as archive:
        return detect_layout(archive)


def jpeg(seed: int = 1) -> bytes:
    return file_bytes(picture(seed))


def bring_in(content: Mapping[str, bytes], without_label: str | None = None) -> archive_import.ImportResult:
    upload = archive_import.save_upload(EDITOR, zipped(content))
    return archive_import.import_upload(EDITOR, upload, {"rock": "rock"}, HANDS, without_label=without_label)


def test_backslashes_of_windows_are_folders(settings: Settings) -> None:
    content = {
        "set\\data.yaml": b"names: [rock]",
        "set\\images\\a.jpg": jpeg(),
        "set\\labels\\a.txt": b"0 .5 .5 .2 .2",
        "set\\images\\": b"",
    }
    outcome = bring_in(content)
    assert (outcome.new, outcome.boxes, outcome.refused) == (1, 1, 0)


def test_without_a_label_file_an_image_waits_and_negative_must_be_chosen(settings: Settings) -> None:
    content = {
        "data.yaml": b"names: [rock]",
        "images/a.jpg": jpeg(1),
        "labels/a.txt": b"0 .5 .5 .2 .2",
        "images/b.jpg": jpeg(2),
        "images/empty.jpg": jpeg(3),
        "labels/empty.txt": b"",
    }
    outcome = bring_in(content)
    assert (outcome.new, outcome.unlabelled, outcome.negatives) == (3, 1, 1)
    states = {image.session: image.state for image in store.listed()}
    assert states == {"import/a": LABELLED, "import/b": UNLABELLED, "import/empty": LABELLED}
    store.delete(EDITOR, [image.id for image in store.listed()])
    outcome = bring_in(content, archive_import.NEGATIVE)
    assert (outcome.unlabelled, outcome.negatives) == (0, 2)


def test_labels_and_images_that_do_not_meet_stop_the_import(settings: Settings) -> None:
    content = {"data.yaml": b"names: [rock]"}
    content |= {f"images/img_{number}.jpg": jpeg(number) for number in range(5)}
    content |= {f"labels/frame_{number}.txt": b"0 .5 .5 .2 .2" for number in range(5)}
    with pytest.raises(BadArchiveError) as stopped:
        bring_in(content)
    said = render(stopped.value.args[0])
    assert "5 images have no label file, and 5 label files have no image" in said
    assert "images/img_2.jpg" in said and "labels/frame_2.txt" in said and "img_3" not in said
    assert store.count() == 0
    assert bring_in(content, archive_import.WAITS).unlabelled == 5


def test_a_description_without_any_label_stops_the_import(settings: Settings) -> None:
    with pytest.raises(BadArchiveError, match="None of the 1 images has a label file"):
        bring_in({"data.yaml": b"names: [rock]", "images/a.jpg": jpeg()})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dvc.yaml", b"stages:\n  train:\n    cmd: python train.py\n"),
        ("docker-compose.yml", b"services:\n  app:\n    image: x\n"),
        ("args.yaml", b"task: detect\nepochs: 10\ndata: data.yaml\n"),
        (".pre-commit-config.yaml", b"repos: []\n"),
        ("broken.yaml", b"a: [\n"),
        ("list.yaml", b"- 1\n"),
    ],
)
def test_class_folders_beside_other_yaml_stay_class_folders(name: str, text: bytes, tmp_path: Path) -> None:
    layout = layout_of({name: text, "rock/a.jpg": jpeg(), "paper/b.jpg": jpeg()}, tmp_path)
    assert (layout.kind, layout.classes) == (FOLDERS, ["paper", "rock"])


def test_a_description_has_any_name(tmp_path: Path) -> None:
    content = {
        "a.yaml": b"services: {}",
        "hands.yml": b"train: images\nval: images\nnames: {0: rock}",
        "images/a.jpg": jpeg(),
        "labels/a.txt": b"0 .5 .5 .2 .2",
    }
    layout = layout_of(content, tmp_path)
    assert (layout.kind, layout.classes, layout.apart) == (YOLO, ["rock"], False)
