"""The initial weights of a fine-tuning: the starter, a file, or ultralytics' own weights by name."""

from __future__ import annotations

from pathlib import Path

from core.config.settings import get_settings
from core.workloads.rps import torch_setup
from core.workloads.rps.starter import starter_folder, starter_weights
from core.workloads.rps.training.recipe import STARTER


class WeightsMissingError(LookupError):
    """The initial weights are missing and cannot be downloaded; the message says what to do."""


def base_weights(base: str) -> Path:
    """The file behind ``SHIFUMI_RPS_BASE``; official weights are downloaded once into ``data/weights``.

    Raises :class:`WeightsMissingError`.
    """
    if base == STARTER:
        return _starter()
    file = Path(base).expanduser()
    if file.suffix == ".pt" and file.is_file():
        return file
    if file.name != base:
        raise WeightsMissingError(f"There is no file {base}. Correct SHIFUMI_RPS_BASE, or set it to `{STARTER}`.")
    return _official(file.stem)


def _starter() -> Path:
    found = starter_weights()
    if found is None:
        raise WeightsMissingError(
            f"The starter model is missing from {starter_folder()}: clone or unpack the project again, or set "
            "SHIFUMI_RPS_BASE to the path of weights that you have."
        )
    return found


def _official(name: str) -> Path:
    folder = get_settings().data_dir / "weights"
    file = folder / f"{name}.pt"
    if file.is_file():
        return file
    torch_setup.prepare()
    from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

    if file.name not in GITHUB_ASSETS_NAMES:
        raise WeightsMissingError(
            f"Ultralytics has no weights called {name}. SHIFUMI_RPS_BASE takes `{STARTER}`, a name such as yolo11n, "
            "yolo11s or yolo26n, or the path of a .pt file."
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with torch_setup.downloads_allowed():
            attempt_download_asset(file)
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        raise WeightsMissingError(_cannot_download(name, folder, str(error))) from error
    if not file.is_file():
        raise WeightsMissingError(_cannot_download(name, folder, "the download is empty"))
    return file


def _cannot_download(name: str, folder: Path, why: str) -> str:
    reason = why.strip().splitlines()[0] if why.strip() else "no response"
    return (
        f"The weights {name}.pt are not here and cannot be downloaded ({reason}). With Internet, get "
        f"https://github.com/ultralytics/assets/releases/download/v8.4.0/{name}.pt and put it into {folder}; "
        f"without, set SHIFUMI_RPS_BASE={STARTER} and start Shifumi again."
    )
