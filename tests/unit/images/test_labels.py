"""Labels that people make: added, renamed with their images, removed only when unused, and never confused."""

from pathlib import Path

import pytest

from core.auth import audit
from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.images import LABELLED, UPLOAD, labels, store
from core.images.collection import ImageCollection
from core.images.labels import LabelError
from core.vision.boxes import whole_image
from tests.pictures_of_hands import HANDS, box, picture

EDITOR, VIEWER = Actor("eve", Role.EDITOR), Actor("vic", Role.VIEWER)


def add_image(seed: int, label: str) -> store.Image:
    into = ImageCollection("photos", labels.names("photos"), whole_image=True)
    return store.add(SYSTEM, picture(seed), into, source=UPLOAD, session="s", boxes=[whole_image(label, "human")])


def test_labels_keep_the_order_in_which_they_were_made() -> None:
    for name in ("Zoë", "Ada", "Ben 2"):
        labels.add(EDITOR, "photos", name)
    assert labels.names("photos") == ("Zoë", "Ada", "Ben 2")
    assert labels.names("other") == ()
    labels.remove(EDITOR, "photos", "Ada")
    labels.add(EDITOR, "photos", "Ada")
    assert labels.names("photos") == ("Zoë", "Ben 2", "Ada")


def test_names_are_written_one_way() -> None:
    assert labels.add(EDITOR, "photos", "  Mary   Ann ") == "Mary Ann"
    assert labels.add(EDITOR, "photos", "Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize("name", ["", "   ", "x" * 33, "a/b", "..", "-x", "a\\b", "<b>", "Train", "images", "a\0b"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(LabelError):
        labels.add(EDITOR, "photos", name)
    assert labels.names("photos") == ()


def test_labels_that_differ_in_capitals_only_clash() -> None:
    labels.add(EDITOR, "photos", "Ada")
    labels.add(EDITOR, "photos", "Ben")
    with pytest.raises(LabelError, match="'Ada' already"):
        labels.add(EDITOR, "photos", "ADA")
    with pytest.raises(LabelError, match="'Ada' already"):
        labels.rename(EDITOR, "photos", "Ben", "ada")
    assert labels.rename(EDITOR, "photos", "Ada", "ADA") == "ADA"  # its own name may change its capitals
    labels.add(EDITOR, "elsewhere", "Ada")  # another workload has labels of its own
    assert labels.names("photos") == ("ADA", "Ben")


def test_images_follow_a_rename() -> None:
    labels.add(EDITOR, "photos", "Ada")
    labels.add(EDITOR, "photos", "Ben")
    mine, other = add_image(1, "Ada"), add_image(2, "Ben")
    hands = store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock")])
    labels.rename(EDITOR, "photos", "Ada", "Countess")
    assert [one.boxes[0].label for one in (store.get(mine.id), store.get(other.id), store.get(hands.id)) if one] == [
        "Countess",
        "Ben",
        "rock",
    ]
    assert labels.usage_counts("photos") == {"Countess": 1, "Ben": 1}
    with pytest.raises(LookupError, match="The class 'Ada' no longer exists"):
        labels.rename(EDITOR, "photos", "Ada", "Bea")


def test_only_unused_labels_are_removed() -> None:
    labels.add(EDITOR, "photos", "Ada")
    image = add_image(1, "Ada")
    with pytest.raises(LabelError, match="1 images are labelled 'Ada'"):
        labels.remove(EDITOR, "photos", "Ada")
    store.delete(EDITOR, [image.id])
    labels.remove(EDITOR, "photos", "Ada")
    assert labels.names("photos") == ()
    with pytest.raises(LookupError):
        labels.remove(EDITOR, "photos", "Ada")


def test_changing_labels_is_an_editors_and_goes_into_the_audit_log() -> None:
    labels.add(EDITOR, "photos", "Ada")
    for change in (
        lambda: labels.add(VIEWER, "photos", "Ben"),
        lambda: labels.rename(VIEWER, "photos", "Ada", "Bea"),
        lambda: labels.remove(VIEWER, "photos", "Ada"),
    ):
        with pytest.raises(ForbiddenError):
            change()
    labels.rename(EDITOR, "photos", "Ada", "Bea")
    labels.remove(EDITOR, "photos", "Bea")
    assert [(one.action, one.subject) for one in audit.latest(3)] == [
        ("label.remove", "Bea"),
        ("label.rename", "Bea"),
        ("label.add", "Ada"),
    ]


def test_an_image_has_one_label_for_the_whole_of_it(tmp_path: Path) -> None:
    labels.add(EDITOR, "photos", "Ada")
    into = ImageCollection("photos", labels.names("photos"), whole_image=True)
    for boxes in ([box("Ada")], [whole_image("Ada", "human")] * 2, [whole_image("Eve", "human")]):
        with pytest.raises(ValueError, match=r"whole image|knows Ada"):
            store.add(SYSTEM, picture(1), into, source=UPLOAD, session="s", boxes=boxes)
    with pytest.raises(ValueError, match="needs a label"):
        store.add(SYSTEM, picture(1), into, source=UPLOAD, session="s", state=LABELLED)
    assert store.count() == 0
