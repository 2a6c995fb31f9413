"""Names tell which pictures belong together: frames of a video must not be on both sides of a split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.images.sessions import export_stem, session_of


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("train/images/IMG_7059_MOV-12_jpg.rf.5fa3c1d2e4b6a7980f.jpg", "import/IMG_7059_MOV"),
        ("valid/images/IMG_7059_MOV-240_jpg.rf.0011aabbccddeeff00.jpg", "import/IMG_7059_MOV"),
        ("test/images/egohands-public-1624053434391_png_jpg.rf.ab12cd34.jpg", "import/egohands-public"),
        ("images/Cool-Video_0007.jpg", "import/Cool-Video"),
        ("frames (12).png", "import/frames"),
        ("rock/rock01-000.png", "import/rock01"),
        ("paper/a7Xk2QfLz.png", "import/a7Xk2QfLz"),
        ("20220216_221550.jpg", "import/20220216"),
        ("IMG_0012.jpg", "import/IMG 0"),
        ("IMG_0112.jpg", "import/IMG 1"),
        ("clip3/images/frame_0040.jpg", "import/clip3 frame 0"),
        ("clip4/images/frame_0040.jpg", "import/clip4 frame 0"),
        ("17.jpg", "import/picture 0"),
        ("images/anna at home__0123456789abcdef.jpg", "anna at home"),
    ],
)
def test_the_source_is_told_from_the_name(name: str, session: str) -> None:
    assert session_of(name) == session


def test_augmented_copies_of_one_picture_stay_together() -> None:
    copies = {session_of(f"train/images/desk-3_jpg.rf.{code}.jpg") for code in ("aa11", "bb22", "cc33")}
    assert copies == {"import/desk"}


@given(st.text(min_size=1, max_size=64))
def test_an_exported_session_comes_back_as_it_was(session: str) -> None:
    stem = export_stem(session, "0123456789abcdef" * 4)
    assert not set(stem) & set('/\\:*?"<>|\0\n')
    assert session_of(f"images/train/{stem}.jpg") == session


@given(st.text(alphabet=st.characters(blacklist_characters="/\\\0", blacklist_categories=["Cs"]), min_size=1))
def test_any_name_makes_a_session_that_the_catalog_can_hold(name: str) -> None:
    assert 0 < len(session_of(f"{name}.jpg")) <= 64


def test_long_names_stay_apart() -> None:
    first, second = session_of("x" * 80 + "a.jpg"), session_of("x" * 80 + "b.jpg")
    assert len(first) == len(second) == 64
    assert first != second
