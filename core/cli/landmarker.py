"""`manage.py fetch-landmarker`: the optional helpers that propose boxes on images, MediaPipe among them."""

from __future__ import annotations

from core.cli.errors import CommandError
from core.workloads import WORKLOADS
from core.workloads.base import LabelProposals, ProposerMissingError


def fetch_landmarker() -> int:
    """Install what the workloads' proposers need, where missing. Raises :class:`CommandError` with the reason."""
    for workload in WORKLOADS.values():
        proposer = workload.proposer() if isinstance(workload, LabelProposals) else None
        if proposer is None:
            continue
        try:
            print(f"Ready to propose boxes: {proposer.install()}")
        except ProposerMissingError as error:
            raise CommandError(str(error)) from error
    return 0
