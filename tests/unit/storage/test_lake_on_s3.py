"""``SHIFUMI_LAKE_URL`` names a bucket: everything works as on a folder, and what cannot work is said in words."""

import io
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.engine import get_engine
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.images import UPLOAD, files, store
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.storage import buckets, datasets, file_cache, lake, object_store, sql, uploads
from core.storage.object_store import ObjectStoreError
from tests.learning import make_dataset
from tests.pictures_of_hands import HANDS, picture
from tests.s3 import address_of, client, make_bucket, use_bucket

pytestmark = pytest.mark.usefixtures("lake_on_s3")
COLUMNS = {"x1": np.arange(5.0)}


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def objects(bucket: str) -> list[str]:
    return [entry.name for entry in buckets.listing(bucket)]


def forget_copies() -> None:
    shutil.rmtree(get_settings().cache_dir, ignore_errors=True)


def test_datasets_live_in_the_bucket_and_are_read_through_copies(settings: Settings) -> None:
    dataset = make_dataset()
    assert objects("lake") == [dataset.path]
    assert files_below(settings.lake_dir) == []
    forget_copies()
    assert len(lake.read(dataset.path, ["x1"])["x1"]) == 2_000
    assert lake.file_of(dataset.path).is_relative_to(get_settings().cache_dir)
    datasets.delete(SYSTEM, dataset.id)
    assert objects("lake") == []
    with pytest.raises(lake.DatasetMissingError, match="missing from the lake"):
        lake.read(dataset.path, ["x1"])


def test_sql_queries_the_copies() -> None:
    dataset = make_dataset()
    forget_copies()
    counted = sql.run_query(SYSTEM, f"SELECT count(*) AS n FROM dataset_{dataset.id}")  # noqa: S608
    assert counted.rows["n"].tolist() == [2_000]
    assert counted.skipped == ()


def test_pictures_are_added_read_and_deleted(settings: Settings) -> None:
    image = store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    assert objects("images") == [f"{image.sha256}.jpg"]
    assert files_below(settings.images_dir) == []
    forget_copies()
    assert store.read_pixels(image).shape == (image.height, image.width, 3)
    assert files.stored_digests([image.sha256, "0" * 64]) == {image.sha256}
    store.delete(SYSTEM, [image.id])
    assert objects("images") == []
    with pytest.raises(store.ImageMissingError, match="Delete it on Datasets"):
        store.file_path(image)


def test_uploads_and_outputs_are_found_by_another_machine(tmp_path: Path) -> None:
    job = jobs.Job(id="j1", kind=jobs.PREDICT_FILE, created_by="eve", state=jobs.COMPLETED, result={"output": "j1.csv"})
    name = uploads.keep(io.BytesIO(b"x1,x2\n1,2\n"), ".csv")
    job_outputs.unfinished("j1.csv").write_text("done")
    job_outputs.keep("j1.csv")
    with store.writing() as session:
        session.add(job)
    forget_copies()
    assert uploads.path_of(name).read_bytes() == b"x1,x2\n1,2\n"
    eve = Actor("eve", Role.VIEWER)
    assert job_outputs.path_of(eve, "j1", jobs.PREDICT_FILE).read_text() == "done"
    uploads.discard(name)
    assert not uploads.path_of(name).exists()


def test_two_machines_see_each_others_files(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One catalog, one bucket, two data folders."""
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", get_settings().catalog_url)

    def on(machine: str) -> None:
        monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / machine))
        get_settings.cache_clear()
        get_settings().make_folders()

    on("one")
    dataset, image = make_dataset(), store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    on("two")
    assert len(lake.read(datasets.latest("linear").path, ["x1"])["x1"]) == dataset.rows
    assert store.read_pixels(store.listed()[0]).shape[2] == 3
    store.delete(SYSTEM, [image.id])
    on("one")
    assert files.stored_digests([image.sha256]) == set()
    assert store.listed() == []


def test_a_damaged_object_is_refused_and_no_copy_stays(lake_on_s3: str, s3_server: str) -> None:
    dataset = make_dataset()
    forget_copies()
    client(s3_server).pipe_file(f"{lake_on_s3}/lake/{dataset.path}", b"PAR1 something else PAR1")
    with pytest.raises(lake.LakeUnreachableError, match="damaged"):
        lake.read(dataset.path, ["x1"])
    assert files_below(get_settings().cache_dir) == []


@pytest.fixture
def mortal(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A server of this test's own; calling it kills the server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = address_of(server)
    use_bucket(monkeypatch, endpoint, f"s3://{make_bucket(endpoint)}")
    return server.stop


def test_a_server_that_goes_down_leaves_no_row_and_no_file(mortal: Callable[[], None]) -> None:
    dataset, image = make_dataset(seed=1), store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    mortal()
    with pytest.raises(lake.LakeUnreachableError, match=r"does not respond.*AWS_ENDPOINT_URL"):
        make_dataset(seed=2)
    with pytest.raises(lake.LakeError, match="does not respond"):
        store.add(SYSTEM, picture(2), HANDS, source=UPLOAD, session="s")
    with pytest.raises(lake.LakeError):
        uploads.keep(io.BytesIO(b"x"), ".csv")
    assert [one.id for one in datasets.listed()] == [dataset.id]
    assert store.count() == 1
    assert len(lake.read(dataset.path, ["x1"])["x1"]) == 2_000  # its copy is here
    assert [path.suffix for path in files_below(get_settings().cache_dir)].count(".tmp") == 0
    forget_copies()
    with pytest.raises(lake.LakeUnreachableError):
        store.file_path(image)
    skipped = sql.run_query(SYSTEM, "SELECT 1").skipped
    assert skipped == (f"dataset_{dataset.id}",)


def test_deleting_while_the_server_is_down_leaves_an_orphan_only(mortal: Callable[[], None]) -> None:
    dataset, image = make_dataset(), store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")
    mortal()
    datasets.delete(SYSTEM, dataset.id)
    assert store.delete(SYSTEM, [image.id]) == 1
    assert datasets.listed() == [] and store.count() == 0


def test_after_a_failure_others_are_told_at_once(mortal: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty pictures on one page must not wait for twenty time-outs."""
    mortal()
    with pytest.raises(lake.LakeUnreachableError):
        files.local_path("0" * 64)
    place = object_store.object_store_for(get_settings())
    assert place is not None
    monkeypatch.setattr(place, "_fs", None)  # asking again would fail otherwise than with these words
    with pytest.raises(lake.LakeUnreachableError, match="does not respond"):
        files.local_path("1" * 64)


def test_a_server_that_accepts_and_says_nothing_counts_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_one:
        endpoint = f"http://127.0.0.1:{silent_one.getsockname()[1]}"
        monkeypatch.setenv("SHIFUMI_LAKE_TIMEOUT_S", "0.2")
        use_bucket(monkeypatch, endpoint, "s3://bucket")
        with pytest.raises(lake.LakeUnreachableError, match="does not respond"):
            files.local_path("0" * 64)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the warm flow runner forks on POSIX only")
def test_a_forked_process_asks_with_connections_of_its_own() -> None:
    """Flow runs are forked from a process that may have asked before."""
    dataset = make_dataset()
    forget_copies()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if lake.file_of(dataset.path).is_file() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_keys_in_the_address_are_not_told(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_bucket(monkeypatch, s3_server, "nonsense://key:topsecret@bucket")
    with pytest.raises(lake.LakeError) as refused:
        lake.file_of("linear/none.parquet")
    assert "topsecret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://no-such-bucket/x", "create the bucket or folder no-such-bucket"),
        ("nonsense://x/y", "SHIFUMI_LAKE_URL=nonsense://x/y cannot be used"),
    ],
)
def test_a_wrong_place_is_explained(s3_server: str, monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    use_bucket(monkeypatch, s3_server, url)
    with pytest.raises(lake.LakeError, match=words):
        lake.file_of("linear/none.parquet")
    with pytest.raises(lake.LakeError):
        lake.write(COLUMNS, "linear")
    with pytest.raises(ObjectStoreError, match=words):
        buckets.exists("images", "none.jpg")
    get_engine().dispose()


def test_an_address_without_a_scheme_is_no_setting() -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        Settings(lake_url="bucket/prefix")


def test_a_share_on_a_file_system_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = tmp_path / "share"
    monkeypatch.setenv("SHIFUMI_LAKE_URL", share.as_uri())
    get_settings.cache_clear()
    with pytest.raises(lake.LakeUnreachableError, match="does not exist"):
        lake.file_of("linear/none.parquet")
    share.mkdir()
    dataset = make_dataset()
    assert [path.name for path in files_below(share)] == [f"{dataset.sha256}.parquet"]
    forget_copies()
    assert len(lake.read(dataset.path, ["x1"])["x1"]) == 2_000
    assert buckets.present("lake", [dataset.path, "other"]) == {dataset.path}


def test_old_copies_go_when_the_cache_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_CACHE_MAX_MB", "10")
    get_settings.cache_clear()
    folder = buckets.folder("images")
    folder.mkdir(parents=True)
    then = time.time() - file_cache.KEEP_S - 100
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(bytes(4_000_000))
        os.utime(folder / f"{number}.jpg", (then + number, then + number))
    file_cache.touch(folder / "0.jpg")
    assert file_cache.trim(get_settings()) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["0.jpg", "3.jpg"]
    (folder / "4.jpg").write_bytes(bytes(9_000_000))
    assert file_cache.trim(get_settings()) == 1  # those that were just used stay, even when that is too much


def test_copies_that_are_gone_while_they_are_trimmed_do_not_hurt() -> None:
    assert file_cache.touch(buckets.folder("images") / "gone.jpg") is False
    assert file_cache.trim(get_settings()) == 0


def test_the_loop_turns_over_the_bucket(mlflow_store: Path, settings: Settings) -> None:
    from core.loop import decisions, loop
    from core.models import registry
    from core.predictions import files as prediction_files

    make_dataset(seed=1)
    forget_copies()
    assert loop.run_once("linear").kind == decisions.PROMOTED
    make_dataset(seed=2, angle=135)
    forget_copies()
    assert loop.run_once("linear").kind == decisions.PROMOTED
    champion = registry.champion("linear")
    assert champion is not None and champion.version == 2
    eve = Actor("eve", Role.VIEWER)
    name = prediction_files.save_upload(eve, "linear", io.BytesIO(b"x1,x2\n1,2\n-3,1\n"))
    forget_copies()
    answered = prediction_files.predict_file("linear", name, "job-1", silent)
    assert answered.rows == 2
    assert objects("outputs") == ["job-1.csv"] and objects("uploads") == []
    assert files_below(settings.outputs_dir) == []
