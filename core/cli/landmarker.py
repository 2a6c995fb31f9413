"""`manage.py fetch-landmarker`: the optional hand landmark model for captured images."""

from __future__ import annotations

from core.cli.errors import CommandError
from core.workloads.rps.autolabel import landmarker
from core.workloads.rps.autolabel.fetching import FetchError, fetch, install


def fetch_landmarker() -> int:
    """Install MediaPipe and its model if missing. Raises :class:`CommandError` with the reason."""
    try:
        install()
        fetch(landmarker.model_file())
    except FetchError as error:
        raise CommandError(str(error)) from error
    print(f"Ready to propose boxes: MediaPipe is installed, its hand model is {landmarker.model_file()}.")
    return 0
