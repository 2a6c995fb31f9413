<<<<<<< HEAD
"""`manage.py fetch-landmarker`: the optional hand landmark model for captured images."""
=======
"""`manage.py fetch-landmarker`: the optional helpers that propose boxes on images, MediaPipe among them."""
>>>>>>> rows

from __future__ import annotations

from core.cli.errors import CommandError
from core.workloads import WORKLOADS
from core.workloads.base import ProposerMissingError, Proposes


def fetch_landmarker() -> int:
<<<<<<< HEAD
    """Install MediaPipe and its model if missing. Raises :class:`CommandError` with the reason."""
    try:
        install()
        fetch(landmarker.model_file())
    except FetchError as error:
        raise CommandError(str(error)) from error
    print(f"Ready to propose boxes: MediaPipe is installed, its hand model is {landmarker.model_file()}.")
=======
    """Install what the workloads' proposers lack. Raises :class:`CommandError` with the reason."""
    for workload in WORKLOADS.values():
        proposer = workload.proposer() if isinstance(workload, Proposes) else None
        if proposer is None:
            continue
        try:
            print(f"Boxes can be proposed: {proposer.install()}")
        except ProposerMissingError as error:
            raise CommandError(str(error)) from error
>>>>>>> rows
    return 0
