"""Strangers' pictures: each kind comes out right; what cannot be used is refused before it costs anything."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image, ImageFile

from core.config.settings import ROOT, get_settings
from core.vision.decode import BadImageError, decode, decode_with_remarks, encode
from tests.pictures_of_hands import file_bytes, picture

RED, BLUE = (0, 0, 255), (255, 0, 0)
"""Blue-green-red, as all pixels here."""


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(width: int, height: int, rows: bytes) -> bytes:
    """A grey PNG that declares any size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def close(pixels: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(pixels.reshape(-1, 3).astype(int) - colour) < 12).all())


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_lossless_pictures_come_out_exactly(form: str) -> None:
    np.testing.assert_array_equal(decode(file_bytes(picture(1), form)), picture(1))


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_lossy_pictures_come_out_nearly(form: str) -> None:
    back = decode(file_bytes(picture(1), form, quality=95))
    assert np.abs(back.astype(int) - picture(1)).mean() < 8


def test_every_kind_of_pixel_becomes_three_bytes() -> None:
    flat = Image.new("RGB", (40, 30), "red")
    kinds = {
        "CMYK": saved(flat.convert("CMYK"), "JPEG"),
        "palette": saved(flat.quantize(4), "PNG"),
        "palette gif": saved(flat, "GIF"),
        "alpha": saved(flat.convert("RGBA"), "PNG"),
        "YCbCr": saved(flat, "JPEG"),
        "packed tiff": saved(flat, "TIFF", compression="tiff_lzw"),
    }
    for name, data in kinds.items():
        pixels = decode(data)
        assert (pixels.shape, pixels.dtype) == ((30, 40, 3), np.uint8), name
        assert close(pixels, RED), name


def test_what_can_be_seen_through_is_put_on_white() -> None:
    clear = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    for data in (saved(clear, "PNG"), saved(clear, "WEBP", lossless=True), saved(clear.convert("LA"), "PNG")):
        decoded = decode_with_remarks(data)
        assert close(decoded.pixels, (255, 255, 255))
        assert "placed on white" in decoded.remarks
    hole = Image.new("P", (40, 30), 0)
    hole.putpalette([255, 0, 0] + [0] * 765)
    assert close(decode(saved(hole, "PNG", transparency=0)), (255, 255, 255))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_reduced_not_cut_off(form: str) -> None:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    decoded = decode_with_remarks(saved(Image.fromarray(ramp), form))
    grey = decoded.pixels[..., 0]
    assert "reduced to 8 bits" in decoded.remarks
    assert (grey.min(), grey.max()) == (0, 255)
    assert abs(int(np.median(grey)) - 127) < 3


def test_real_numbers_are_spread_over_the_range_and_nonsense_is_refused() -> None:
    ramp = np.linspace(-3.0, 5.0, 64 * 48).reshape(48, 64).astype(np.float32)
    grey = decode(saved(Image.fromarray(ramp), "TIFF"))
    assert (grey.min(), grey.max()) == (0, 255)
    ramp[0, 0] = np.nan
    with pytest.raises(BadImageError, match="not numbers"):
        decode(saved(Image.fromarray(ramp), "TIFF"))


def test_a_turned_photo_is_set_upright() -> None:
    lying = Image.new("RGB", (60, 40), "blue")
    lying.paste("red", (0, 0, 30, 40))  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise: left becomes top
    decoded = decode_with_remarks(saved(lying, "JPEG", exif=exif, quality=95))
    assert decoded.pixels.shape == (60, 40, 3)
    assert close(decoded.pixels[5:20], RED)
    assert close(decoded.pixels[40:55], BLUE)
    assert decoded.remarks == ("turned upright",)


def test_a_camera_note_that_makes_no_sense_is_ignored() -> None:
    data = saved(Image.new("RGB", (40, 30), "red"), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff rubbish")
    assert close(decode(data), RED)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_a_moving_picture_the_first_is_taken_and_that_is_said(form: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "green")]
    decoded = decode_with_remarks(saved(frames[0], form, save_all=True, append_images=frames[1:]))
    assert close(decoded.pixels, RED)
    assert decoded.remarks == ("the first of several images used",)


def test_a_phones_hidden_second_picture_is_no_animation() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    decoded = decode_with_remarks(saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert close(decoded.pixels, RED)
    assert decoded.remarks == ()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_large_photo_is_scaled_down(form: str) -> None:
    decoded = decode_with_remarks(file_bytes(picture(1, 3000, 2000), form))
    assert decoded.pixels.shape == (853, 1280, 3)
    assert decoded.remarks == ("scaled to 1,280 pixels",)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"hello, I am a text\n" * 20, "not an image"),
        (b"PK\x03\x04" + bytes(60), "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "not an image"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC images cannot be opened. Save it as JPEG"),
        (b"\xff\xd8\xff\xe0 rubbish", "not an image|damaged"),
        (file_bytes(picture(1, 4, 200), "PNG"), "minimum per side"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(BadImageError, match=why):
        decode(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_cut_off_in_the_middle_is_refused(form: str) -> None:
    whole = file_bytes(picture(1, 400, 300), form)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(BadImageError, match=r"damaged|not an image"):
            decode(whole[: int(len(whole) * share)])


def test_thirty_thousand_pixels_wide_is_refused() -> None:
    with pytest.raises(BadImageError, match=r"30,000 × 40 pixels; no side .* 20,000 \(SHIFUMI_IMAGE_MAX_SIDE\)"):
        decode(saved(Image.new("L", (30_000, 40)), "PNG"))


@pytest.mark.parametrize("size", [(19_000, 19_000), (12_000, 12_000), (8_000, 8_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kilobytes that claim hundreds of megabytes; Pillow itself would only warn about most of them."""
    bomb = png(*size, rows=bytes(1_000_000))
    assert len(bomb) < 10_000

    def unpacked(*_: object) -> None:
        raise AssertionError("the bomb was unpacked")

    monkeypatch.setattr(ImageFile.ImageFile, "load", unpacked)
    with pytest.raises(BadImageError, match=r"more than 50 million|implausible number of pixels"):
        decode(bomb)


def test_the_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_bytes(picture(1, 400, 300), "BMP")
    for name, value, why in (
        ("image_max_side", 399, "no side may be longer than 399"),
        ("image_max_pixels", 119_999, "SHIFUMI_IMAGE_MAX_PIXELS"),
        ("image_max_mb", 0.1, "SHIFUMI_IMAGE_MAX_MB"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(get_settings(), name, value)
            with pytest.raises(BadImageError, match=why):
                decode(data)
    assert decode(data).shape == (300, 400, 3)


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    photo = saved(Image.new("RGB", (40, 30), "red"), "JPEG", exif=exif, comment=b"by me", dpi=(300, 300))
    assert b"taken at home" in photo and b"by me" in photo
    kept = encode(decode(photo + b"<script>hidden behind the picture</script>"))
    assert b"taken" not in kept and b"by me" not in kept and b"script" not in kept
    back = Image.open(BytesIO(kept))
    assert (back.format, back.mode, dict(back.getexif())) == ("JPEG", "RGB", {})


def test_the_same_pixels_are_always_the_same_bytes() -> None:
    assert encode(picture(1)) == encode(picture(1).copy()) == encode(np.asfortranarray(picture(1)))


@effort(max_examples=150)
@given(st.data())
def test_no_damage_ends_otherwise_than_as_a_picture_or_a_refusal(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]))
    damaged = bytearray(file_bytes(picture(1, 48, 32), form))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(damaged))
    except BadImageError as error:
        assert len(str(error)) > 10
    else:
        assert pixels.ndim == 3 and pixels.dtype == np.uint8


def test_the_store_alone_loads_no_picture_library() -> None:
    """Idle processes import it: what decodes is loaded with the first picture."""
    code = "import sys, core.images.store, core.vision.decode; print({'PIL', 'cv2', 'torch'} & set(sys.modules))"
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert outcome.stdout.strip() == "set()", outcome.stderr
