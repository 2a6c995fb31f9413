"""A model registry in memory, so that hundreds of turns of the loop take minutes. All else is the product's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.loop import gate, measuring
from core.models import promotion, registry
from core.models.registry import CHALLENGER, CHAMPION, PREVIOUS, Version
from core.models.serving import Served
from core.workloads import get_workload
from core.workloads.base import Scores, Trained


class MemoryRegistry:
    """Versions of one workload, their predictors and aliases."""

    def __init__(self, workload: str) -> None:
        self.workload = workload
        self.predictors: list[Any] = []
        self.versions: list[Version] = []
        self.aliases: dict[str, int] = {}

    @property
    def serving(self) -> Any:
        """The champion's predictor."""
        return self.predictors[self.aliases[CHAMPION] - 1]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand where MLflow stands."""
        for name in ("champion", "by_alias", "get_version", "find", "log_challenger", "log_scores"):
            monkeypatch.setattr(registry, name, getattr(self, name))
        monkeypatch.setattr(promotion, "promote", self.promote)
        for module in (gate, measuring):
            monkeypatch.setattr(module, "load_served", self.load_served)

    def champion(self, workload: str) -> Version | None:
        return self.by_alias(workload, CHAMPION)

    def by_alias(self, workload: str, alias: str) -> Version | None:
        number = self.aliases.get(alias)
        return None if number is None else self.versions[number - 1]

    def get_version(self, workload: str, version: int) -> Version:
        return self.versions[version - 1]

    def find(self, workload: str, wanted: str) -> Version | None:
        return next((one for one in reversed(self.versions) if one.fingerprint == wanted), None)

    def log_challenger(
        self, workload: str, window: Sequence[Dataset], trained: Trained, flow_run_id: str | None, took_s: float = 0.0
    ) -> Version:
        newest, number = window[-1], len(self.versions) + 1
        mark = registry.fingerprint(window, get_workload(workload).training_parameters)
        ids = tuple(one.id for one in window)
        made = Version(
            workload, number, "", newest.id, newest.sha256, mark, "", datetime.now(UTC), (), took_s, trained_on=ids
        )
        self.versions.append(made)
        self.predictors.append(trained.predictor)
        self.aliases[CHALLENGER] = number
        return made

    def log_scores(self, version: Version, scores: Scores) -> None:
        """Scores of runs are for people."""

    def promote(self, actor: Actor, workload: str, version: int) -> Version:
        if (old := self.aliases.get(CHAMPION)) is not None and old != version:
            self.aliases[PREVIOUS] = old
        self.aliases[CHAMPION] = version
        self.aliases.pop(CHALLENGER, None)
        return self.versions[version - 1]

    def load_served(self, version: Version) -> Served:
        return Served(version, self.predictors[version.version - 1], datetime.now(UTC))
