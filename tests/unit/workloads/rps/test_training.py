"""Fine-tuning for real, with a network small enough to train in seconds: resumed, stopped early, refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.tables import Dataset
from core.config.messages import Message, render
from core.config.progress import silent
from core.config.settings import ROOT, Settings, get_settings
from core.images import store
from core.storage import lake
from core.workloads import get_workload
from core.workloads.base import TrainingProgress
from core.workloads.images.manifest import manifest_images
from core.workloads.images.minimum_data import MIN_IMAGES, TooFewImagesError, require_enough
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.training import fine_tune, weights
from core.workloads.rps.training.dataset_folder import validation_split, write_folder
from core.workloads.rps.training.training_state import (
    State,
    TrainingFolder,
    progress_message,
    request_stop,
    training_folder_of,
    training_progress,
)
from core.workloads.rps.training.weights import WeightsMissingError, base_weights
from tests.hands import QUICK, add_signs, signs, snapshot, tiny_weights
from tests.waiting import wait_until

EDITOR = Actor("eve", Role.EDITOR)
RPS = get_workload("rps")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("base"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings, base: Path) -> None:
    for name, value in {**QUICK, "SHIFUMI_RPS_BASE": str(base)}.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


def epochs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_RPS_EPOCHS", str(number))
    monkeypatch.setenv("SHIFUMI_RPS_PATIENCE", "0")
    get_settings.cache_clear()


def training_folder(dataset: Dataset) -> TrainingFolder:
    return training_folder_of(dataset, RPS.training_parameters)


def trained_epochs(dataset: Dataset) -> list[int]:
    return [int(row["epoch"]) for row in training_folder(dataset).curves()]


def test_a_training_is_told_watched_finished_and_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, told, seen = signs(), list[tuple[float, Message]](), list[TrainingProgress | None]()
    began, real = dataset.created_at, TrainingFolder.publish

    def tell(self: TrainingFolder, state: State) -> None:
        real(self, state)
        seen.append(training_progress(began))

    monkeypatch.setattr(TrainingFolder, "publish", tell)
    trained = RPS.train(dataset, lambda share, text: told.append((share, text)))
    trained.predictor.smoke()
    assert trained.model.weights.is_file()
    assert [row["epoch"] for row in trained.model.curves] == [1, 2]
    assert (trained.parameters["epochs_run"], trained.parameters["training_pictures"]) == (2, 24)
    assert not trained.parameters["resumed"] and not trained.parameters["stopped_by_hand"]
    shares = [share for share, _text in told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert any("Epoch 2 of 2, batch 3 of 3" in render(message) for _share, message in told)
    last = seen[-1]
    assert last is not None and render(last.words).startswith("Epoch 2 of 2")
    assert len(last.figures["mAP50"]) == len(last.losses["boxes"]) == 1  # the first epoch is done
    assert training_progress(began) is None  # it ended
    args = (training_folder(dataset).run / "args.yaml").read_text()
    assert "patience: 6\n" in args and "nbs: 8\n" in args
    monkeypatch.setattr(fine_tune, "_train", lambda *_given: pytest.fail("trained again"))
    assert RPS.train(dataset, silent).parameters == trained.parameters


CHILD = """
from core.storage import datasets
from core.workloads import get_workload
from core.config.progress import silent
get_workload("rps").train(datasets.latest("rps"), silent)
"""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataset]:
    """A dataset whose training was killed with SIGKILL after its first epoch, in the middle of a later one."""
    epochs(30, monkeypatch)
    dataset = signs()
    process = subprocess.Popen([sys.executable, "-c", CHILD], cwd=ROOT, stdout=subprocess.DEVNULL)

    def in_a_later_epoch() -> bool:
        assert process.poll() is None, "it ended by itself"
        state = training_folder(dataset).state()
        return training_folder(dataset).checkpoint.exists() and state is not None and state.epoch >= 3

    try:
        wait_until(in_a_later_epoch, timeout=120, what="the third epoch")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not training_folder(dataset).outcome.exists()
    yield dataset


def stop_after(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody asks for an early end once that epoch has begun."""
    real = TrainingFolder.publish

    def tell(self: TrainingFolder, state: State) -> None:
        real(self, state)
        if state.epoch >= epoch and not state.stopping:
            assert request_stop(EDITOR)

    monkeypatch.setattr(TrainingFolder, "publish", tell)


def test_a_killed_training_goes_on_where_it_was(killed: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    done, told = trained_epochs(killed)[-1], list[Message]()
    stop_after(done + 2, monkeypatch)
    trained = RPS.train(killed, lambda _share, text: told.append(text))
    assert any(render(message).startswith("Resuming after epoch") for message in told)
    assert trained.parameters["resumed"]
    ran = trained_epochs(killed)
    assert ran == list(range(1, ran[-1] + 1))
    assert done < ran[-1] < 30
    trained.predictor.smoke()


def test_a_damaged_checkpoint_is_left_alone_and_training_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    epochs(1, monkeypatch)
    dataset = signs()
    training_folder(dataset).folder.mkdir(parents=True)
    training_folder(dataset).checkpoint.write_bytes(b"PK\x03\x04 cut short")
    trained = RPS.train(dataset, silent)
    assert not trained.parameters["resumed"]
    assert trained_epochs(dataset) == [1]


def test_stopping_early_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    epochs(30, monkeypatch)
    dataset = signs()
    stop_after(2, monkeypatch)
    trained = RPS.train(dataset, silent)
    assert trained_epochs(dataset) == [1, 2]
    assert trained.parameters["stopped_by_hand"]
    trained.predictor.smoke()
    assert [entry.action for entry in audit.latest(limit=1)] == ["training.stop"]


def test_stopping_needs_an_editor_and_a_training() -> None:
    with pytest.raises(ForbiddenError):
        request_stop(Actor("vic", Role.VIEWER))
    assert not request_stop(EDITOR)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State(3, 12, 5, 20), "Epoch 3 of 12, batch 5 of 20"),
        (State(3, 12, 5, 20, 250.0), "Epoch 3 of 12, batch 5 of 20, about 4 min left at most"),
        (State(3, 12, 5, 20, 31.4), "Epoch 3 of 12, batch 5 of 20, 31 s left at most"),
        (State(3, 12, 5, 20, 31.4, stopping=True), "Stopping in epoch 3, keeping the best so far"),
    ],
)
def test_progress_in_words(state: State, expected: str) -> None:
    assert render(progress_message(state)) == expected


def test_a_missing_class_is_named_with_what_it_needs() -> None:
    dataset = signs(labels=(0, 1))
    with pytest.raises(TooFewImagesError, match=f"scissors has none.*at least {MIN_IMAGES} of scissors"):
        RPS.train(dataset, silent)


def test_too_few_pictures_are_counted() -> None:
    dataset = signs(train=3)
    with pytest.raises(TooFewImagesError, match=r"rock has 3 and paper has 3 and scissors has 3.*2 of rock"):
        RPS.train(dataset, silent)


def test_held_out_pictures_do_not_count_and_are_not_learnt_from(tmp_path: Path) -> None:
    dataset = signs(train=0, holdout=8)
    with pytest.raises(TooFewImagesError, match=r"training images \(0\)"):
        RPS.train(dataset, silent)
    add_signs(6, "train", seed=1)
    chosen = manifest_images(snapshot(), holdout=False)
    write_folder(chosen, tmp_path / "laid out")
    laid_out = {file.stem for file in (tmp_path / "laid out").rglob("*.jpg")}
    assert laid_out == {picture.sha256 for picture in chosen}
    assert all(picture.split != "holdout" for picture in chosen)


def test_pictures_take_no_space_twice_and_keep_their_boxes(tmp_path: Path, settings: Settings) -> None:
    chosen = manifest_images(signs(), holdout=False)
    data = write_folder(chosen, settings.data_dir / "training" / "x")
    image = next((data.parent / "images").rglob("*.jpg"))
    assert image.stat().st_nlink == 2
    label, *place = next((data.parent / "labels").rglob(f"{image.stem}.txt")).read_text().split()
    picture = next(p for p in chosen if p.sha256 == image.stem)
    assert int(label) == picture.labels[0]
    assert [float(value) for value in place] == pytest.approx(picture.coordinates[0].tolist(), abs=1e-6)
    assert json.loads(data.read_text())["names"] == {"0": "rock", "1": "paper", "2": "scissors"}


def test_sessions_set_aside_tune_and_without_them_some_training_pictures_do() -> None:
    alone = manifest_images(signs(), holdout=False)
    learnt, tuned = validation_split(alone)
    assert {p.split for p in tuned} == {"train"}
    assert len(learnt) + len(tuned) == len(alone) and len(tuned) == 3
    add_signs(2, "val", seed=1)
    learnt, tuned = validation_split(manifest_images(snapshot(), holdout=False))
    assert {p.split for p in tuned} == {"val"}
    assert len(learnt) == 24


def test_the_last_of_each_class_tune_where_the_time_is_known() -> None:
    alone = [replace(one, taken_s=float(n)) for n, one in enumerate(manifest_images(signs(), holdout=False))]
    learnt, tuned = validation_split(alone)
    assert len(tuned) == 3 and len(learnt) + len(tuned) == len(alone)
    for label in range(3):
        latest = max(one.taken_s for one in alone if one.labels[0] == label)
        assert [one.taken_s for one in tuned if one.labels[0] == label] == [latest]


def test_a_deleted_picture_is_left_out_and_nothing_breaks() -> None:
    dataset = signs(train=8)
    gone = store.listed(store.Filters(split="train", label="rock"), limit=4)
    store.delete(EDITOR, [image.id for image in gone])
    assert len(manifest_images(dataset)) == 24 + 12 - 4
    with pytest.raises(TooFewImagesError, match="rock has 4"):
        require_enough(manifest_images(dataset, holdout=False), CLASSES)


def test_weights_that_are_not_here_are_explained(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def refuse(file: Path) -> None:
        raise ConnectionError(f"Download failure for {file}. Environment is offline.")

    from core.workloads.rps import torch_setup

    torch_setup.prepare()
    monkeypatch.setattr("ultralytics.utils.downloads.attempt_download_asset", refuse)
    with pytest.raises(WeightsMissingError, match=r"yolo11s\.pt are not here.*offline.*put it into .*data/weights"):
        base_weights("yolo11s")
    with pytest.raises(WeightsMissingError, match="no weights called yolo99"):
        base_weights("yolo99")
    with pytest.raises(WeightsMissingError, match=r"There is no file /nowhere/x\.pt"):
        base_weights("/nowhere/x.pt")
    kept = settings.data_dir / "weights" / "yolo11s.pt"
    kept.write_bytes(b"weights")
    assert base_weights("yolo11s") == base_weights("yolo11s.pt") == kept


def test_a_starter_that_is_missing_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "starter_weights", lambda: None)
    with pytest.raises(WeightsMissingError, match="SHIFUMI_RPS_BASE"):
        base_weights("starter")


def test_other_weights_under_the_same_name_are_another_training(tmp_path: Path, base: Path, monkeypatch: Any) -> None:
    own = tmp_path / "own.pt"
    own.write_bytes(base.read_bytes())
    monkeypatch.setenv("SHIFUMI_RPS_BASE", str(own))
    get_settings.cache_clear()
    first = dict(RPS.training_parameters)
    own.write_bytes(base.read_bytes() + b"x")
    assert RPS.training_parameters["base_sha256"] != first["base_sha256"]


def test_a_full_disk_is_said_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = signs()
    monkeypatch.setenv("SHIFUMI_MIN_FREE_DISK_MB", str(10**9))
    get_settings.cache_clear()
    with pytest.raises(lake.DiskFullError, match="Free some space"):
        RPS.train(dataset, silent)


def test_a_disk_that_fills_up_in_between_loses_no_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of the second checkpoint fails; with space again, training goes on after the first epoch."""
    epochs(2, monkeypatch)
    dataset = signs()
    copy, copies = shutil.copyfile, list[Path]()

    def full(source: Path, target: Path) -> Path:
        copies.append(target)
        if [path.name for path in copies].count("checkpoint.tmp") == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return Path(copy(source, target))

    with monkeypatch.context() as disk:
        disk.setattr(shutil, "copyfile", full)
        with pytest.raises(lake.DiskFullError, match="resumes after the last finished epoch"):
            RPS.train(dataset, silent)
    trained = RPS.train(dataset, silent)
    assert trained.parameters["resumed"]
    assert trained_epochs(dataset) == [1, 2]


def test_old_trainings_are_cleared_away(settings: Settings) -> None:
    from core.workloads.rps.training.training_state import open_training_folder

    dataset = signs()
    for number in range(6):
        open_training_folder(dataset, {"number": number})
    assert len([p for p in (settings.data_dir / "training").iterdir() if p.is_dir()]) == 3
