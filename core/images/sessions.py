"""Groups the images of an imported dataset into sessions, by their file names.

Frames of one video are similar. If some are used for training and others for evaluation, the metrics are too
optimistic; so all frames of a source share a session, and with it a split. Only names are available:

* Roboflow calls every copy of ``name.jpg`` ``name_jpg.rf.<hash>.jpg``: the source is ``name``.
* Our own export calls an image ``<session>__<digest>.jpg``: the session is restored.
* Frames are numbered: the source is the name without the last number.
* Cameras number all photos (``IMG_1234``): a hundred in a row are one session.

The splits of the dataset (``train``, ``valid``, ``test``) are ignored, except in our own exports: most were drawn frame
by frame.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from core.images.splits import Split

_LONGEST = 64
_FOLDERS: dict[str, Split] = {"train": "train", "val": "val", "test": "holdout", "unused": "unused"}
_PREFIX = "import/"
_OURS = re.compile(r"(?P<session>.+)__[0-9a-f]{16}")
_ROBOFLOW = re.compile(r"(?:[_.](?:jpe?g|png|webp|bmp|tiff?|gif))+\.rf\.[0-9A-Za-z]+$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<source>.*?)[ _.\-(]*(?P<number>\d+)\)?$")
_CAMERAS = {
    "", "img", "image", "dsc", "dscn", "dscf", "pic", "picture", "photo", "pxl", "p", "frame", "gopr",
    "webcam", "screenshot", "capture", "wa", "mvimg",
}  # fmt: skip
_DULL = {"images", "labels", "train", "valid", "val", "test", "data", "dataset"}
_IN_A_ROW = 100


def session_of(name: str) -> str:
    """The session of the image ``name`` (a path inside an archive), 1 to 64 characters."""
    path = PurePosixPath(name)
    if found := _OURS.fullmatch(path.stem):
        return shortened(unquote(found["session"]))
    stem = _ROBOFLOW.sub("", path.stem)
    return shortened(_PREFIX + (_source(stem, _folder(path)) or "unnamed"))


def split_in(name: str) -> Split | None:
    """The split of an image of our own exports, which their folders state; None for other images."""
    path = PurePosixPath(name)
    if not _OURS.fullmatch(path.stem):
        return None
    return next((_FOLDERS[part] for part in path.parts[:-1] if part in _FOLDERS), None)


def export_folder(split: str) -> str:
    """The folder of a split in an export; the holdout is called ``test``. What has no split yet may be learnt from."""
    return next((folder for folder, meant in _FOLDERS.items() if meant == split), "train")


def _source(stem: str, folder: str) -> str:
    found = _NUMBERED.fullmatch(stem)
    if found is None:
        return stem
    source, number = found["source"], found["number"]
    if source.lower().rstrip(" _-.") not in _CAMERAS:
        return source
    # Long numbers are clock times: their first half is coarse enough.
    block = number[: len(number) // 2] if len(number) > 8 else str(int(number) // _IN_A_ROW)
    return f"{folder} {source or 'picture'} {block}".strip()


def _folder(path: PurePosixPath) -> str:
    """The nearest folder with a meaningful name."""
    return next((name for name in reversed(path.parts[:-1]) if name.lower() not in _DULL), "")


def export_stem(session: str, sha256: str) -> str:
    """The file name of an image in an export, from which :func:`session_of` restores the session."""
    speakable = re.sub(r"[^\w.@ -]", lambda found: quote(found[0], safe=""), session)
    return f"{speakable}__{sha256[:16]}"


def shortened(session: str) -> str:
    """The session's name; too long ones are cut and get a digest."""
    if len(session) <= _LONGEST:
        return session
    return f"{session[: _LONGEST - 17]}-{hashlib.sha256(session.encode()).hexdigest()[:16]}"
