"""Metrics as Prometheus would read them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class Samples:
    """The samples of one exposition, by name and labels."""

    def __init__(self, text: str) -> None:
        self._found = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: object) -> float | None:
        """None where there is no such series."""
        return self._found.get((name, frozenset((key, str(value)) for key, value in labels.items())))

    def series(self, name: str) -> list[dict[str, str]]:
        """The labels of all series called ``name``."""
        return [dict(labels) for found, labels in self._found if found == name]

    @property
    def names(self) -> set[str]:
        return {name for name, _labels in self._found}


def exposed(*collectors: Collector) -> Samples:
    """What a scrape of these would give."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return Samples(generate_latest(registry).decode())
