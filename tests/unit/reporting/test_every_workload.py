"""Reports on each kind of workload: rows with classes or a target, images with classes or boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.auth.roles import SYSTEM
from core.images import UPLOAD, files, store
from core.loop import decision_samples, loop
from core.loop.decisions import PROMOTED
from core.models import registry
from core.reporting import report
from core.reporting.document import texts
from core.reporting.records import gather
from core.vision.boxes import whole_image
from core.workloads import WORKLOADS
from core.workloads.image_collections import collection_of
from tests.example_packages import MASS, PHOTOS, SPECIES, generate, promoted
from tests.members import MEMBERS, add_portraits, make_members, portrait, session_in
from tests.reporting_story import ADMIN

pytestmark = pytest.mark.usefixtures("installed", "mlflow_store")


@pytest.mark.parametrize("name", [SPECIES, MASS, PHOTOS])
def test_a_first_model_is_reported(name: str) -> None:
    promoted(name)
    said = "\n".join(texts(report.document_of(gather(name, "ada")).blocks))
    (version,) = registry.versions(name)
    assert version.sha256 in said and "First model" in said
    made = report.export(ADMIN, name)
    assert made.files["html"].startswith(b"<!DOCTYPE html>") and made.files["pdf"].startswith(b"%PDF-")


def test_nothing_is_reported_on_each_workload_that_ships(mlflow_store: Path) -> None:
    for name in WORKLOADS:
        assert report.export(ADMIN, name).files["pdf"].startswith(b"%PDF-")


def test_the_discordant_images_are_named() -> None:
    """The first model learnt two members the wrong way round, the second one learnt better."""
    make_members(PHOTOS)
    collection = collection_of(PHOTOS)
    swapped = (0, 2, 1)
    for member, taken_for in enumerate(swapped):
        for seed in range(6):
            boxes = [whole_image(MEMBERS[taken_for], "human")]
            about = {"source": UPLOAD, "session": session_in("train"), "boxes": boxes}
            store.add(SYSTEM, portrait(member, 900 + seed), collection, **about)
    add_portraits(PHOTOS, "holdout", 8)
    generate(PHOTOS)
    assert loop.run_once(PHOTOS).kind == PROMOTED
    add_portraits(PHOTOS, "train", 30)
    generate(PHOTOS)
    decision = loop.run_once(PHOTOS)
    assert decision.kind == PROMOTED and decision.champion_version == 1
    found = decision_samples.discordant(decision)
    test = decision.details["comparison"]["details"]
    assert (int((~found.won).sum()), int(found.won.sum())) == (test["lost"], test["won"])
    assert len(found.images) == len(found.won) > 0
    assert all(files.read(one).shape == (120, 160, 3) for one in found.images)


def test_a_regressions_comparison_is_reported() -> None:
    """It has a gain, but no interval of it."""
    promoted(MASS)
    for seed in (2, 3):  # the challenger waits for a dataset that it was not trained on
        generate(MASS, food="plenty", seed=seed)
        decision = loop.run_once(MASS)
    test = decision.details["comparison"]["details"]
    assert "gain" in test and "low" not in test
    said = "\n".join(texts(report.document_of(gather(MASS, "ada")).blocks))
    assert f"gain {test['gain']:+.4f}" in said
