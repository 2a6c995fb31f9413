"""Zip files that mean harm are refused as a whole, before anything is unpacked; nothing is left behind."""

import io
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from core.auth.roles import Actor, Role
from core.config.settings import Settings
from core.images import archive_import
from core.images.archive_formats import detect_layout
from core.images.archives import Archive, BadArchiveError
from tests.pictures_of_hands import file_bytes, picture

EDITOR = Actor("eve", Role.EDITOR)


def with_member(name: str, data: bytes = b"x", mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", file_bytes(picture(1)))
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return buffer.getvalue()


def refused(data: bytes, settings: Settings, why: str) -> None:
    with pytest.raises(BadArchiveError, match=why):
        archive_import.save_upload(EDITOR, io.BytesIO(data))
    assert list(settings.uploads_dir.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "images/../../evil.jpg", "/etc/evil.jpg", "C:\\evil.jpg", "..\\evil.jpg", "\\evil.jpg"]
)
def test_names_that_lead_out_are_refused(name: str, settings: Settings) -> None:
    refused(with_member(name), settings, "a path outside of it")


def test_links_are_refused(settings: Settings) -> None:
    refused(with_member("images/link.jpg", b"/etc/passwd", stat.S_IFLNK | 0o777), settings, "a link instead of a file")


def test_dots_inside_a_name_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(with_member("images/v1..2/pic..jpg"))
    with Archive(path) as archive:
        assert "images/v1..2/pic..jpg" in archive.names


def many_files(count: int) -> bytes:
    """A zip file of empty members; zipfile itself takes seconds for so many."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.jpg"
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%05d.jpg" % number for number in range(count))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + end


def test_sixty_thousand_files_are_refused_without_reading_their_names(tmp_path: Path, settings: Settings) -> None:
    data = many_files(60_000)
    tracemalloc.start()
    try:
        refused(data, settings, r"60,000 files; the limit is 50,000 \(SHIFUMI_IMPORT_MAX_FILES\)")
        assert tracemalloc.get_traced_memory()[1] < 2 * len(data)
    finally:
        tracemalloc.stop()
    allowed = tmp_path / "allowed.zip"
    allowed.write_bytes(many_files(300))
    with Archive(allowed) as archive:
        assert len(archive.names) == 300


def test_more_files_than_the_short_form_can_count_are_refused(settings: Settings) -> None:
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    refused(b"PK" + bytes(200) + end, settings, "more than 65,000 files")


def test_a_directory_that_lies_about_its_length_is_refused(settings: Settings) -> None:
    """The count says one, the directory would be read by its size."""
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, 60_000_000, 0, 0)
    refused(b"PK" + bytes(200) + end, settings, "1 files; the limit is 50,000")


def test_ten_gigabytes_unpacked_are_refused(settings: Settings) -> None:
    data = bytearray(with_member("big.jpg", bytes(100)))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 4_200_000_000)  # the declared size
    refused(bytes(data), settings, r"would take 4,200 MB; the limit is 4,000 MB")


def test_a_file_that_grows_a_thousandfold_is_refused(settings: Settings) -> None:
    refused(with_member("big.bmp", bytes(120_000_000)), settings, "rejected as a zip bomb")


def test_a_member_that_is_longer_than_declared_is_cut_at_what_it_declared(tmp_path: Path) -> None:
    data = bytearray(with_member("big.txt", bytes(5_000_000)))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rfind(mark)
        data[at + offset : at + offset + 4] = struct.pack("<I", 10)
    path = tmp_path / "liar.zip"
    path.write_bytes(data)
    with Archive(path) as archive, pytest.raises(BadArchiveError, match="cannot be unpacked"):
        archive.read("big.txt", 1_000_000)


def test_a_member_over_the_limit_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(with_member("big.txt", bytes(5_000_000)))
    with Archive(path) as archive, pytest.raises(BadArchiveError, match="is 5 MB; the limit is 1 MB"):
        archive.read("big.txt", 1_000_000)


def test_a_locked_archive_is_refused(settings: Settings) -> None:
    data = bytearray(with_member("b.jpg"))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    refused(bytes(data), settings, "protected by a password")


@pytest.mark.parametrize("data", [b"", b"hello", b"Rar!\x1a\x07\x00" + bytes(500), bytes(100_000)])
def test_what_is_no_zip_is_refused(data: bytes, settings: Settings) -> None:
    refused(data, settings, "not a zip file, or it is truncated")


def test_a_zip_cut_off_in_the_middle_is_refused(settings: Settings) -> None:
    whole = with_member("b.jpg", bytes(range(256)) * 50)
    refused(whole[: len(whole) // 2], settings, "truncated")


def test_a_zip_without_pictures_says_what_belongs_there(settings: Settings) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.yaml", "names: [rock]")
        archive.writestr("labels/a.txt", "0 .5 .5 .1 .1")
    refused(buffer.getvalue(), settings, "no image in the zip file. It should be a YOLO dataset")


def test_damage_inside_a_member_is_told(tmp_path: Path) -> None:
    data = bytearray(with_member("b.txt", b"0 .5 .5 .1 .1\n" * 400))
    at = data.rfind(b"PK\x03\x04") + 45
    data[at : at + 10] = bytes(10)
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with Archive(path) as archive, pytest.raises(BadArchiveError, match="cannot be unpacked"):
        archive.read("b.txt", 10_000)


def test_a_zip_of_a_version_to_come_is_told(tmp_path: Path) -> None:
    data = bytearray(with_member("b.txt", b"0 .5 .5 .1 .1\n"))
    data[data.rfind(b"PK\x01\x02") + 6] = 64  # the version needed to unpack the last member: 6.4
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(BadArchiveError, match=r"damaged \(zip file version 6.4\)"):
        Archive(path)


@pytest.mark.parametrize("name", [b".", b"\0"], ids=["a dot", "nothing before a zero byte"])
def test_a_file_without_a_name_is_refused(tmp_path: Path, name: bytes) -> None:
    """zipfile cuts names at a zero byte, and then looks at the last character of what is left."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("~", b"x")
    path = tmp_path / "nameless.zip"
    path.write_bytes(packed.getvalue().replace(b"~", name))
    with pytest.raises(BadArchiveError, match="without a name"):
        Archive(path)


@effort(max_examples=150)
@given(data=st.data())
def test_damage_anywhere_ends_in_a_refusal(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        # Mostly the directory at the end: the picture in front is damaged elsewhere.
        damaged[data.draw(st.integers(len(damaged) // 2, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(bytes(damaged))
    try:
        with Archive(path) as archive:
            detect_layout(archive)
            for name in archive.names:
                archive.read(name, 1_000_000)
    except BadArchiveError as error:
        assert len(str(error)) > 10


WHOLE = with_member("b.txt", zlib.compress(b"0 .5 .5 .1 .1\n"))
