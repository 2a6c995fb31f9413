"""Downloads MediaPipe and its hand model: from the package index, and the model from Google as a fallback.

MediaPipe's newer wheels contain no models. The wheel of 0.10.21 contains both networks (Apache-2.0); a ``.task`` file
is an uncompressed zip of the two.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from core.workloads.capabilities import ProposerMissingError

LIBRARY = "mediapipe>=1.2,<2"
WHEEL = "mediapipe==0.10.21"
ADDRESS = (
    "https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/float16/1/hand_landmarker.task"
)
_MOST_BYTES = 30_000_000

Parts = dict[str, tuple[str, str]]
PARTS: Parts = {
    "hand_detector.tflite": (
        "mediapipe/modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    ),
    "hand_landmarks_detector.tflite": (
        "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    ),
}
"""Member of the ``.task`` file → member of the wheel and its SHA-256."""

ProgressCallback = Callable[[str], None]


class DownloadError(ProposerMissingError):
    """The download failed; the message says why and what to do."""


def install(say: ProgressCallback = print) -> None:
    """Install MediaPipe into this environment when it is missing. Raises :class:`DownloadError`."""
    if importlib.util.find_spec("mediapipe") is not None:
        return
    say("Installing MediaPipe …")
    # It brings opencv-contrib-python, which shares its files with our opencv-python: both have to be one version.
    _pip("install", LIBRARY, f"opencv-contrib-python=={version('opencv-python')}")


def download_model(target: Path, say: ProgressCallback = print) -> None:
    """Store the hand model as ``target``, unless it exists. Raises :class:`DownloadError`."""
    if target.is_file():
        return
    reasons = []
    for source, text in (
        (from_wheel, f"Extracting it from the {WHEEL} wheel …"),
        (from_google, f"Downloading {ADDRESS} …"),
    ):
        say(text)
        try:
            _keep(source(), target)
        except DownloadError as error:
            reasons.append(str(error))
        else:
            return
    raise DownloadError(
        "The hand model could not be downloaded.\n  - " + "\n  - ".join(reasons) + "\nWith a browser, save\n  "
        f"{ADDRESS}\nas {target}. Everything else works without it."
    )


def from_wheel() -> bytes:
    """The ``.task`` file, built from the wheel's networks. Raises :class:`DownloadError`."""
    with tempfile.TemporaryDirectory() as folder:
        # The same wheel on every machine: only data is taken out of it.
        where = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--only-binary", ":all:")
        _pip("download", WHEEL, "--no-deps", "--dest", folder, *where)
        wheel = next(Path(folder).glob("*.whl"), None)
        if wheel is None:
            raise DownloadError("pip reported a download, but the wheel is missing.")
        return assemble(wheel.read_bytes(), PARTS)


def assemble(wheel: bytes, parts: Parts) -> bytes:
    """An uncompressed zip of ``parts``, verified by their SHA-256. Raises :class:`DownloadError`."""
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as task:
            for name, (member, wanted) in parts.items():
                data = source.read(member)
                if hashlib.sha256(data).hexdigest() != wanted:
                    raise DownloadError(f"{member} in the wheel is not the expected file (SHA-256 differs).")
                task.writestr(zipfile.ZipInfo(name), data)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DownloadError(f"The wheel has unexpected content: {error}.") from error
    return made.getvalue()


def from_google() -> bytes:
    """Google's own file. Raises :class:`DownloadError`."""
    try:
        with urllib.request.urlopen(ADDRESS, timeout=30) as answer:
            data: bytes = answer.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DownloadError(f"No response from {ADDRESS.split('/')[2]}: {error}.") from error
    try:
        names = set(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except zipfile.BadZipFile as error:
        raise DownloadError("The file at Google's address is not a model file.") from error
    if len(data) > _MOST_BYTES or not set(PARTS) <= names:
        raise DownloadError("The file at Google's address is not a hand model.")
    return data


def _keep(data: bytes, target: Path) -> None:
    """Write atomically."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = target.with_suffix(".part")
        passing.write_bytes(data)
        passing.replace(target)
    except OSError as error:
        raise DownloadError(f"{target} cannot be written: {error}.") from error


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "it does not say why").splitlines()[-1]
        raise DownloadError(f"pip {arguments[0]} {arguments[1]} failed: {last}")
