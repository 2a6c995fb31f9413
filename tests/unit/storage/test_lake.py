"""The lake writes whole files or nothing, and says what is wrong."""

import shutil
from collections import namedtuple
from pathlib import Path

import duckdb
import numpy as np
import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.settings import Settings
from core.storage import datasets, lake
from tests.learning import make_dataset

COLUMNS = {
    "x1": np.arange(5.0),
    "label": np.array([0, 1, 0, 1, 1], dtype=np.int8),
    "holdout": np.array([True] * 2 + [False] * 3),
}


def test_reads_back_what_was_written() -> None:
    stored = lake.write(COLUMNS, "linear")
    back = lake.read(stored.path, list(COLUMNS))
    for name, column in COLUMNS.items():
        np.testing.assert_array_equal(back[name], column)
    assert stored.rows == 5
    assert lake.sha256_of(lake.file_of(stored.path)) == stored.sha256


def test_same_content_gives_the_same_file() -> None:
    assert lake.write(COLUMNS, "linear") == lake.write(COLUMNS, "linear")


def test_filter_and_repeatable_sample() -> None:
    stored = lake.write({"x1": np.arange(10_000.0), "holdout": np.arange(10_000) % 2 == 0}, "linear")
    first = lake.read(stored.path, ["x1"], "holdout", limit=50)["x1"]
    assert len(first) == 50
    assert (first % 2 == 0).all()
    np.testing.assert_array_equal(first, lake.read(stored.path, ["x1"], "holdout", limit=50)["x1"])


def test_full_disk_is_refused_before_anything_is_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(lake.DiskFullError, match=r"Not enough disk.*SHIFUMI_DATA_DIR"):
        make_dataset(rows=1_000_000)
    assert list(settings.lake_dir.rglob("*.*")) == []


def test_a_failed_write_leaves_nothing_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_written(_columns: object, target: Path) -> None:
        target.write_bytes(b"PAR1 and then the disk went away")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake, "_copy_to_parquet", half_written)
    with pytest.raises(lake.LakeError, match="No space left"):
        lake.write(COLUMNS, "linear")
    assert [path for path in settings.lake_dir.rglob("*") if path.is_file()] == []


def test_missing_and_damaged_files_say_what_to_do(settings: Settings) -> None:
    stored = lake.write(COLUMNS, "linear")
    (settings.lake_dir / stored.path).write_bytes(b"not parquet")
    with pytest.raises(lake.DatasetMissingError, match="Generate a new dataset"):
        lake.read(stored.path, ["x1"])
    lake.delete(stored.path)
    with pytest.raises(lake.DatasetMissingError, match="missing from the lake"):
        lake.read(stored.path, ["x1"])


def test_a_quote_in_the_data_folder_is_no_sql(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "it's here"
    odd.mkdir()
    monkeypatch.setattr(type(settings), "lake_dir", property(lambda _self: odd))
    assert len(lake.read(lake.write(COLUMNS, "linear").path, ["x1"])["x1"]) == 5


def test_files_are_plain_parquet_for_everyone() -> None:
    stored = lake.write(COLUMNS, "linear")
    assert duckdb.read_parquet(str(lake.file_of(stored.path))).aggregate("count(*)").fetchall() == [(5,)]


def test_registering_twice_gives_one_row() -> None:
    first, second = make_dataset(seed=1), make_dataset(seed=1)
    assert first.id == second.id
    assert len(datasets.listed("linear")) == 1
    assert datasets.latest("linear").id == first.id


def test_no_dataset_says_where_to_make_one() -> None:
    with pytest.raises(datasets.NoDatasetError, match="Datasets page"):
        datasets.latest("linear")


def test_viewers_neither_register_nor_delete() -> None:
    dataset = make_dataset()
    viewer = Actor("vic", Role.VIEWER)
    with pytest.raises(ForbiddenError):
        datasets.delete(viewer, dataset.id)
    with pytest.raises(ForbiddenError):
        datasets.register(lake.write(COLUMNS, "linear"), "linear", {}, viewer)


def test_delete_removes_row_and_file(settings: Settings) -> None:
    dataset = make_dataset()
    datasets.delete(Actor("ed", Role.EDITOR), dataset.id)
    assert datasets.get(dataset.id) is None
    assert not (settings.lake_dir / dataset.path).exists()
    with pytest.raises(LookupError):
        datasets.delete(Actor("ed", Role.EDITOR), dataset.id)
