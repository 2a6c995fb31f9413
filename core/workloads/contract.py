"""What breaks a data contract: a finding says it in words and holds what a chart of it needs.

Findings are stored with the dataset, so evidence is plain JSON and small; :mod:`core.workloads.contract_charts`
draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.config.messages import Message, as_json, from_json
from core.workloads import contract_messages

LEVEL = 0.001
"""Level of each test of a contract. All of them together reject a clean dataset of 1,000 rows in less than 1 %."""

__all__ = ["LEVEL", "Finding", "contract_messages", "findings_from_json", "findings_to_json"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason for quarantine. ``evidence`` is plain JSON with a ``kind``, or empty when there is nothing to draw."""

    message: Message
    evidence: Mapping[str, Any] = field(default_factory=dict)


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """As the catalog keeps them; :func:`findings_from_json` gives them back."""
    return [{"message": as_json(one.message), "evidence": dict(one.evidence)} for one in findings]


def findings_from_json(stored: object) -> tuple[Finding, ...]:
    """Stored findings. Never raises: what a newer version wrote keeps its message at least."""
    rows = stored if isinstance(stored, list | tuple) else []
    return tuple(Finding(from_json(one.get("message")), one.get("evidence") or {}) for one in rows if _is_one(one))


def _is_one(row: object) -> bool:
    return isinstance(row, Mapping) and "message" in row
