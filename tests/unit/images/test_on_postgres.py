"""The image store on PostgreSQL: its types are stricter, and several writers really work at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.auth.roles import SYSTEM
from core.catalog import engine, migrate
from core.config.settings import Settings, get_settings
from core.images import UPLOAD, archive_export, labels, store
from core.images.snapshot import write_snapshot
from core.labelling import proposals
from tests.pictures_of_hands import HANDS, box, picture

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def catalog_on_postgres(settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", postgres_url)
    get_settings.cache_clear()
    migrate.upgrade()
    yield
    engine.get_engine().dispose()
    migrate.downgrade("base")


def test_the_same_pictures_from_many_at_once_are_one_row_each() -> None:
    def add_all(worker: int) -> list[int]:
        return [
            store.add(SYSTEM, picture(seed), HANDS, source=UPLOAD, session=f"w{worker}", boxes=[box("rock")]).id
            for seed in range(8)
        ]

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(add_all, range(6)))
    assert all(ids == found[0] for ids in found)
    assert store.count() == 8
    assert sum(store.counts("rps").boxes["rock"].values()) == 8


def test_adding_while_deleting_never_leaves_a_row_without_its_file() -> None:
    def churn(worker: int) -> None:
        for _ in range(15):
            image = store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
            if worker % 2:
                store.delete(SYSTEM, [image.id])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(churn, range(4)))
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    for image in store.listed():
        assert store.file_path(image).is_file()


def test_every_question_is_understood() -> None:
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("paper")])
    store.add(SYSTEM, picture(2), HANDS, source=UPLOAD, session="s")
    assert store.count(store.Filters("rps", "paper", "labelled", UPLOAD, None, "s")) == 1
    assert archive_export.export_size("rps")[0] == 1
    assert write_snapshot(HANDS).rows == 1
    assert proposals.propose_all(SYSTEM, "rps", proposer=lambda _: [box("rock", provenance="model")]).found == 1
    assert store.delete(SYSTEM, [image.id for image in store.listed()]) == 2


def test_of_labels_that_clash_one_is_made_however_many_come_at_once() -> None:
    def add(name: str) -> bool:
        try:
            labels.add(SYSTEM, "photos", name)
        except labels.LabelError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(add, ["Ada", "ADA", "ada", "aDa", "adA", "ADa"]))
    assert sum(made) == 1
    assert len(labels.names("photos")) == 1
    labels.rename(SYSTEM, "photos", labels.names("photos")[0], "Countess")
    labels.remove(SYSTEM, "photos", "Countess")
    assert labels.names("photos") == ()
