"""The manifest of an archive: versions, origin, and the SHA-256 of every member."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
"""Version of the archive format. A program reads its own and older ones."""

NAME = "manifest.json"


class BackupError(RuntimeError):
    """An archive cannot be created or restored; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive."""

    sha256: str
    bytes: int


@dataclass(slots=True)
class Manifest:
    """``revision`` and ``engine`` are the catalog's. ``artifacts`` is the artifact folder as stored in MLflow's
    database. ``notes`` say what is not in the archive."""

    format: int
    version: str
    made_at: str
    revision: str
    engine: str
    artifacts: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: bytes | str) -> Manifest:
        """Raises :class:`BackupError` for an invalid manifest, or one of a newer program."""
        try:
            raw: dict[str, Any] = json.loads(text)
            # Checked first: a newer program may have changed everything else.
            if int(raw["format"]) > FORMAT:
                raise BackupError(
                    f"The archive was created by a newer Shifumi ({raw.get('version')}). Install that version, "
                    "then restore it."
                )
            members = {str(name): Member(str(one["sha256"]), int(one["bytes"])) for name, one in raw["members"].items()}
            texts = {name: str(raw[name]) for name in ("version", "made_at", "revision", "engine", "artifacts")}
            return cls(int(raw["format"]), members=members, notes=[str(note) for note in raw["notes"]], **texts)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupError(
                f"The archive's {NAME} cannot be read ({error!r}): this is not a backup of Shifumi."
            ) from error
