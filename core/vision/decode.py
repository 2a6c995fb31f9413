"""Decodes uploaded images to pixels, and encodes pixels to the stored JPEG.

Pillow is imported inside the functions: the sidecar and an idle workbench never decode an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.config.messages import Message, say
from core.config.settings import Settings, get_settings
from core.vision.detections import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""Accepted formats. Pillow supports more, some of which start other programs; cameras use none of those."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")

QUALITY = 92
_LEAST_SIDE = 8


class BadImageError(ValueError):
    """The bytes are not a usable image; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded image, and remarks about how it was changed (rotated, scaled, first of several frames …)."""

    pixels: Pixels
    remarks: tuple[str, ...] = ()


def decode(data: bytes) -> Pixels:
    """The pixels of an image file, upright, 8 bits, at most ``SHIFUMI_IMAGE_KEEP_SIDE`` on the longer side.

    Shape (height, width, 3), blue-green-red, uint8. Raises :class:`BadImageError`.
    """
    return decode_with_remarks(data).pixels


def decode_with_remarks(data: bytes, side: int | None = None) -> Decoded:
    """:func:`decode` with remarks about changes; ``side`` overrides ``SHIFUMI_IMAGE_KEEP_SIDE``.

    The declared size is checked before anything is decoded. Raises :class:`BadImageError`.
    """
    settings = get_settings()
    side = side or settings.image_keep_side
    if len(data) > settings.image_max_mb * 1_000_000:
        raise BadImageError(say("decode.too_large", size=len(data), limit=settings.image_max_mb * 1_000_000))
    picture = _open(data)
    _check_size(*picture.size, settings)
    remarks: list[str] = []
    try:
        if _moves(picture):
            remarks.append("the first of several images used")
        picture = _upright(_loaded(picture, side), remarks)
        picture = _three_channels(picture, remarks)
    except MemoryError:
        raise BadImageError(say("decode.memory")) from None
    except Exception as error:
        raise BadImageError(say("decode.cut_off", error=str(error))) from error
    picture = _scaled(picture, side, remarks)
    return Decoded(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]), tuple(remarks))


def _open(data: bytes) -> Picture:
    """Read the header only; nothing is decoded yet."""
    from PIL import Image, UnidentifiedImageError

    Image.init()  # a format is registered only after its first use
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise BadImageError(_what_it_is(data)) from None
    except Image.DecompressionBombError as error:
        raise BadImageError(say("decode.bomb", error=str(error))) from error
    except Exception as error:
        raise BadImageError(say("decode.damaged", error=str(error))) from error


def _what_it_is(data: bytes) -> Message:
    if not data:
        return say("decode.empty")
    if data[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc"}:
        return say("decode.heic")
    return say("decode.not_an_image")


def _check_size(width: int, height: int, settings: Settings) -> None:
    """Reject images that would exhaust memory. Raises :class:`BadImageError`."""
    if max(width, height) > settings.image_max_side:
        raise BadImageError(say("decode.side", width=width, height=height, limit=settings.image_max_side))
    if width * height > settings.image_max_pixels:
        raise BadImageError(say("decode.pixels", width=width, height=height, limit=settings.image_max_pixels))
    if min(width, height) < _LEAST_SIDE:
        raise BadImageError(say("decode.tiny", width=width, height=height, least=_LEAST_SIDE))


def _moves(picture: Picture) -> bool:
    # Phones write a second, hidden image into their JPEGs (MPO): that is not an animation.
    return picture.format != "MPO" and bool(getattr(picture, "is_animated", False))


def _loaded(picture: Picture, side: int) -> Picture:
    """Decode; a large JPEG directly at a reduced size, which saves most of the memory and time."""
    if picture.format in {"JPEG", "MPO"} and picture.mode == "RGB":
        picture.draft("RGB", (side, side))
    picture.load()
    return picture


def _upright(picture: Picture, remarks: list[str]) -> Picture:
    """Rotate according to EXIF; an invalid orientation is ignored."""
    from PIL import ImageOps

    try:
        turned = ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - EXIF of an upload may be invalid, and the image is usable without it
        return picture
    if picture.getexif().get(0x0112, 1) != 1:
        remarks.append("turned upright")
    return turned


def _three_channels(picture: Picture, remarks: list[str]) -> Picture:
    """Convert to 8 bits red, green, blue."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        remarks.append("reduced to 8 bits")
        return Image.fromarray(_eight_bits(np.asarray(picture))).convert("RGB")
    if picture.has_transparency_data:
        remarks.append("placed on white")
        seen = picture.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(ground, seen).convert("RGB")
    if picture.mode == "CMYK":
        remarks.append("converted from print colours")
    return picture.convert("RGB")


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert 16-bit, 32-bit or float grey values, shape (h, w), to 8 bits: integers by range, others by extremes."""
    if values.dtype.kind in "iu" and values.min() >= 0 and values.max() < 2**16:
        return (values >> 8 if values.max() > 255 else values).astype(np.uint8)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("grey values that are not numbers")
    return ((values - low) / max(high - low, 1e-12) * 255).astype(np.uint8)


def _scaled(picture: Picture, side: int, remarks: list[str]) -> Picture:
    if max(picture.size) <= side:
        return picture
    from PIL import Image

    remarks.append(f"scaled to {side:,} pixels")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def downscale(pixels: Pixels) -> Pixels:
    """The same image, scaled down when its longer side exceeds ``SHIFUMI_IMAGE_KEEP_SIDE`` pixels.

    Raises :class:`BadImageError` when the array is not a colour image.
    """
    from PIL import Image

    _check_pixels(pixels)
    side = get_settings().image_keep_side
    if max(pixels.shape[:2]) <= side:
        return pixels
    # Channels are scaled alike, so their order does not matter.
    return np.asarray(_scaled(Image.fromarray(np.ascontiguousarray(pixels)), side, []))


def encode(pixels: Pixels) -> bytes:
    """A JPEG without metadata; the same pixels always give the same bytes.

    Raises :class:`BadImageError` when the array is not a colour image.
    """
    from PIL import Image

    _check_pixels(pixels)
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _check_pixels(pixels: Pixels) -> None:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or min(pixels.shape[:2]) < 1:
        raise BadImageError(say("decode.array", shape=pixels.shape, type=str(pixels.dtype)))
