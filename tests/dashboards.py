"""The dashboards and rules under ``deploy/``, as tests look at them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.config.settings import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))

_VARIABLES = {"$__rate_interval": "1m", "$workload": ".+"}
"""What Grafana puts in, for those who ask Prometheus directly."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression of a panel."""

    dashboard: str
    panel: str
    expression: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel}"


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(path: Path) -> list[dict[str, Any]]:
    """All panels that show something; rows only group them."""
    return [panel for panel in document(path)["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    """Every expression of every dashboard, ready for Prometheus."""
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel["targets"]:
                yield Query(path.stem, panel["title"], filled(target["expr"]))


def filled(expression: str) -> str:
    for variable, value in _VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def alerts() -> list[dict[str, Any]]:
    return [rule for group in loaded(PROMETHEUS / "rules.yml")["groups"] for rule in group["rules"]]


def metrics_in(expression: str) -> set[str]:
    """The names of metrics that an expression asks for."""
    return set(re.findall(r"\b(?:shifumi|process|node)_[a-z0-9_]+\b", re.sub(r'="[^"]*"|by \([^)]*\)', "", expression)))
