"""The doctor looks into a bucket as it looks into a folder."""

import numpy as np
import pytest

from core.auth.roles import SYSTEM
from core.cli.checks import orphans
from core.cli.checks.images import check_images
from core.cli.checks.lake import check_lake, check_place
from core.cli.checks.orphans import Repair
from core.cli.findings import Finding
from core.config.settings import get_settings
from core.images import UPLOAD, store
from core.monitoring.health import component_states
from core.storage import buckets, datasets, lake, object_store
from tests.learning import make_dataset
from tests.pictures_of_hands import HANDS, picture
from tests.s3 import use_bucket

pytestmark = pytest.mark.usefixtures("lake_on_s3")


def levels(*, fix: bool = False, deep: bool = False) -> list[Finding]:
    settings = get_settings()
    return [*check_lake(settings, Repair(fix), deep=deep), *check_images(settings, Repair(fix), deep=deep)]


def test_a_place_that_works() -> None:
    [found] = check_place(get_settings())
    assert found.level == "ok"
    assert list(buckets.listing("lake")) == []  # the trial left nothing


def test_a_place_that_does_not(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_bucket(monkeypatch, s3_server, "s3://no-such-bucket")
    [found] = check_place(get_settings())
    assert found.level == "problem" and "create the bucket" in found.text and found.remedy
    assert levels() == []


def test_the_overview_hears_of_the_place(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the time limit of a page, which a busy machine may not keep."""
    monkeypatch.setattr("core.monitoring.health._ANSWER_WITHIN_S", 60.0)
    assert {state.name: state.state for state in component_states()}["lake"] == "healthy"
    use_bucket(monkeypatch, s3_server, "s3://no-such-bucket")
    ill = {state.name: state for state in component_states()}["lake"]
    assert ill.state == "unhealthy" and "create the bucket" in ill.detail and ill.remedy
    monkeypatch.delenv("SHIFUMI_LAKE_URL")
    get_settings.cache_clear()
    assert "lake" not in {state.name for state in component_states()}


def test_files_in_the_data_folder_have_no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHIFUMI_LAKE_URL")
    get_settings.cache_clear()
    assert list(check_place(get_settings())) == []


def test_missing_damaged_and_abandoned_objects_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, image = make_dataset(), store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    assert {found.level for found in levels(deep=True)} == {"ok"}
    place = object_store.object_store_for(get_settings())
    assert place is not None
    # As long as before, but other bytes.
    place._fs.pipe_file(place._at(f"lake/{dataset.path}"), bytes(dataset.bytes))
    place._fs.pipe_file(place._at(f"images/{image.sha256}.jpg"), bytes(image.bytes))
    assert {found.level for found in levels()} == {"ok"}
    assert [found.level for found in levels(deep=True)] == ["problem", "ok", "problem", "ok"]
    place.remove(f"lake/{dataset.path}")
    place.remove(f"images/{image.sha256}.jpg")
    assert [found.level for found in levels()] == ["problem", "ok", "problem", "ok"]


def test_only_old_objects_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, orphan = make_dataset(), lake.write({"x1": np.arange(3.0)}, "linear")
    assert "being registered" in levels()[1].text
    monkeypatch.setattr(orphans, "SWEEP_AFTER_S", -60.0)
    assert levels()[1].level == "warning"
    assert levels(fix=True)[1].text.startswith("Moved 1 orphaned")
    assert [entry.name for entry in buckets.listing("lake")] == [dataset.path]
    assert orphan.path != dataset.path
    place = object_store.object_store_for(get_settings())
    assert place is not None
    listed, kept = sorted(entry.name for entry in place.listing("lost+found"))
    assert listed.endswith("/lake.tsv") and kept.endswith(f"/lake/{orphan.path}")
    assert orphan.path in place._fs.cat_file(place._at(f"lost+found/{listed}")).decode()


def test_what_was_set_aside_comes_back_when_a_row_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "SWEEP_AFTER_S", -60.0)
    dataset, stored = make_dataset(), lake.write({"x1": np.arange(3.0)}, "linear")
    assert levels(fix=True)[1].text.startswith("Moved 1 orphaned")
    datasets.register(stored, "linear", {}, SYSTEM)
    assert "are in lost+found" in levels()[0].text
    assert "back from lost+found" in levels(fix=True)[0].text
    assert {finding.level for finding in levels(deep=True)} == {"ok"}
    assert {entry.name for entry in buckets.listing("lake")} == {dataset.path, stored.path}
