"""The routes of installed packages (docs/examples): three classes, values, and images with one's own labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.api.app import SidecarApp, create_app
from core.config.settings import Settings
from core.vision.decode import encode
from core.workloads import get_workload
from core.workloads.base import feature_names
from tests.api.client import Client
from tests.example_packages import MASS, NAMES, PHOTOS, SPECIES, promoted
from tests.members import MEMBERS, portrait

pytestmark = pytest.mark.usefixtures("installed")
CLASSES = ["Adelie", "Chinstrap", "Gentoo"]
ADELIE, GENTOO = [38.8, 18.3, 190.0, 3_700.0], [47.5, 15.0, 217.2, 5_076.0]


@pytest.fixture
def app(settings: Settings, mlflow_store: Path) -> Iterator[SidecarApp]:
    """The application of an installation where each of them has a champion."""
    for name in (SPECIES, MASS):
        promoted(name, rows=600, seed=1)
    promoted(PHOTOS)
    made = create_app(settings)
    for name in NAMES:
        made.sidecar.watchers[name].refresh()
    yield made
    made.sidecar.images.stop()
    made.sidecar.verifier.close()


@pytest.fixture
def ask(app: SidecarApp, secret: str) -> Client:
    return Client(app, {"Authorization": f"Bearer {secret}"})


def test_each_is_listed_and_answers(ask: Client) -> None:
    listed = {model["workload"]: model for model in ask.get("/models").json()["models"]}
    assert set(listed) >= set(NAMES)
    assert listed[SPECIES]["classes"] == CLASSES
    assert [one["name"] for one in listed[MASS]["features"]] == list(feature_names(get_workload(MASS)))
    assert listed[PHOTOS]["classes"] == list(MEMBERS)
    _species_are_told(ask, listed[SPECIES]["path"])
    _mass_is_told(ask, listed[MASS]["path"])
    _somebody_is_named(ask, listed[PHOTOS]["path"])
    described = ask.get("/openapi.json").json()["paths"]
    assert {f"/predict/{name}" for name in NAMES} <= set(described)


def _species_are_told(ask: Client, path: str) -> None:
    one, two = (ask.post(path, json={"features": rows}).json() for rows in ([ADELIE], [ADELIE, GENTOO]))
    assert (one["classes"], two["classes"]) == (["Adelie"], ["Adelie", "Gentoo"])
    assert one["probabilities"][0] == pytest.approx(two["probabilities"][0], rel=1e-12)
    assert sum(one["probabilities"][0]) == pytest.approx(1)
    assert (one["model"], one["version"]) == ("shifumi-penguins", 1)
    short = ask.post(path, json={"features": [ADELIE[:3]]})
    assert short.status_code == 422
    assert "[bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g]" in short.json()["detail"]


def _mass_is_told(ask: Client, path: str) -> None:
    body = ask.post(path, json={"features": [ADELIE[:3], GENTOO[:3]]}).json()
    assert body["values"] == pytest.approx([3_700, 5_076], abs=300)
    assert "classes" not in body


def _somebody_is_named(ask: Client, path: str) -> None:
    """By a process of the pool, which has to find the package too."""
    answer = ask.post(path, content=encode(portrait(2, 77)), headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["boxes"][0]["label"] == "Cleo"
    assert (body["width"], body["height"], body["version"]) == (160, 120, 1)
