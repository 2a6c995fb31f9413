"""The example workload with labels that people make: from the first label to a model that names who is seen."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest

from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.tables import Dataset
from core.config.messages import render
from core.config.progress import silent
from core.config.settings import Settings
from core.images import LABELLED, PROPOSED, UNLABELLED, UPLOAD, archive_export, archive_import, labels, store
from core.labelling import proposals, review, review_queue
from core.labelling.flags import FlaggedPrediction, flag
from core.live.capture import PER_SECOND, Recorder
from core.live.capture_labels import image_saver
from core.live.engine_pool import EnginePool
from core.live.frames import Frame
from core.live.model_cache import model_of
from core.live.viewer import Viewer, ViewerOptions
from core.loop import decisions, history, loop
from core.models import registry
from core.models.serving import ChampionWatcher
from core.predictions import videos as video_predictions
from core.storage import datasets
from core.vision.boxes import whole_image
from core.workloads import WORKLOADS, get_workload
from core.workloads.evidence import Evidence
from core.workloads.image_collections import collection_of
from core.workloads.images.backbone import Embedding
from core.workloads.images.classifier import GRAPH, HEAD, Head, WholeImageClassifier
from core.workloads.images.minimum_data import TooFewImagesError
from core.workloads.images.scores import EmptyHoldoutError
from tests.example_packages import example
from tests.members import MEMBERS, add_portraits, make_members, portrait, session_in
from tests.pictures_of_hands import file_bytes
from tests.videos import written
from tests.waiting import wait_until

PhotosWorkload = example("shifumi-photos", "shifumi_photos.workload").PhotosWorkload

EDITOR = Actor("eve", Role.EDITOR)
NAME = PhotosWorkload.name


@pytest.fixture(autouse=True)
def photos(monkeypatch: pytest.MonkeyPatch) -> Any:
    workload = PhotosWorkload()
    monkeypatch.setitem(WORKLOADS, NAME, workload)
    return workload


def dataset() -> Dataset:
    """As the flow generate-dataset makes it."""
    workload = get_workload(NAME)
    return datasets.register(workload.generate(workload.parameters(), silent), NAME, {}, SYSTEM)


def two_splits() -> None:
    make_members(NAME)
    add_portraits(NAME, "train", 6)
    add_portraits(NAME, "holdout", 4)


def labels_of(image: store.Image) -> list[str]:
    now = store.get(image.id)
    assert now is not None
    return [box.label for box in now.boxes]


def test_the_whole_way_from_a_camera_to_a_name_on_it(mlflow_store: Path) -> None:
    make_members(NAME)
    for member, name in enumerate(MEMBERS):
        record(name, [portrait(member, 100 + seed) for seed in range(6)])
    add_portraits(NAME, "train", 5)
    add_portraits(NAME, "holdout", 4)

    # A photo that nobody has labelled waits, and somebody says who it is.
    photo = store.add(EDITOR, portrait(1, 900), collection_of(NAME), source=UPLOAD, session=session_in("holdout"))
    assert [one.id for one in review_queue.queue(NAME)] == [photo.id]
    review.set_boxes(EDITOR, photo.id, [whole_image("Ben", "human")])
    assert review_queue.queue(NAME) == []

    made = dataset()
    assert made.rows == 3 * (6 + 5 + 4) + 1
    decision = loop.run_once(NAME)
    assert decision.kind == decisions.PROMOTED
    champion = registry.champion(NAME)
    assert champion is not None and champion.dataset_id == made.id

    watcher = ChampionWatcher(NAME)
    watcher.refresh()
    assert watcher.state == "serving" and watcher.current is not None
    said = watcher.current.predictor.detect(portrait(2, 950))
    assert watcher.current.predictor.classes[said.labels[0]] == "Cleo"
    assert said.boxes[0].tolist() == [0, 0, 160, 120] and said.scores[0] > 0.5

    model = model_of(watcher.current)
    viewer = Viewer(EnginePool(), ViewerOptions(lambda: model))
    viewer.process_frame(portrait(0, 951))
    wait_until(lambda: viewer.report().main is not None, every=0.01)
    shown = viewer.report().main
    assert shown is not None and [box.name for box in shown.boxes] == ["Ada"]
    moment = viewer.moment()
    viewer.end()
    assert moment is not None and moment.classes == MEMBERS


def record(name: str, frames: list[np.ndarray]) -> None:
    """Hold the button of the Live page while these frames come."""
    recorder = Recorder(image_saver(lambda: collection_of(NAME), lambda: None, lambda: None))
    recorder.begin(EDITOR, name)
    assert recorder._take is not None
    begun, queue = recorder._take._began, recorder._take._queue
    for number, pixels in enumerate(frames):
        wait_until(queue.empty, every=0.002)
        recorder.offer(Frame(pixels, begun + number / PER_SECOND))
    recorder.end()
    wait_until(lambda: recorder.captured and recorder.captured.done, every=0.01)
    assert recorder.captured is not None and recorder.captured.problem is None
    assert recorder.captured.stored == len(frames)


def test_a_new_label_is_drift_and_the_next_model_knows_it(mlflow_store: Path) -> None:
    make_members(NAME, MEMBERS[:2])
    add_portraits(NAME, "train", 6, (0, 1))
    add_portraits(NAME, "holdout", 4, (0, 1))
    dataset()
    assert loop.run_once(NAME).kind == decisions.PROMOTED
    make_members(NAME, MEMBERS[2:])
    add_portraits(NAME, "train", 6, (2,))
    add_portraits(NAME, "holdout", 8, (2,))
    dataset()
    decision = loop.run_once(NAME)
    assert decision.kind == decisions.PROMOTED
    first, second = (registry.get_version(NAME, number) for number in (1, 2))
    classes = [get_workload(NAME).load(_export(one)).classes for one in (first, second)]  # type: ignore[attr-defined]
    assert classes == [MEMBERS[:2], MEMBERS]


def test_small_holdouts_add_up_until_they_decide_and_no_image_counts_twice(mlflow_store: Path) -> None:
    """Three new images are too few to show that a model that knows Cleo is better; five more are enough."""
    make_members(NAME, MEMBERS[:2])
    add_portraits(NAME, "train", 6, (0, 1))
    add_portraits(NAME, "holdout", 4, (0, 1))
    dataset()
    assert loop.run_once(NAME).kind == decisions.PROMOTED
    make_members(NAME, (MEMBERS[2],))
    add_portraits(NAME, "train", 6, (2,))
    add_portraits(NAME, "holdout", 3, (2,))
    dataset()
    first = loop.run_once(NAME)
    assert (first.kind, first.challenger_version) == (decisions.PENDING, 2), render(first.reason)
    assert "It waits: new labelled images will decide" in render(first.reason)
    assert Evidence.from_json(first.details["evidence"]).samples == 8 + 3
    assert loop.run_once(NAME).id == first.id  # nothing new
    add_portraits(NAME, "holdout", 5, (2,), seed=40)
    dataset()
    second = loop.run_once(NAME)
    assert (second.kind, second.challenger_version) == (decisions.PROMOTED, 2), render(second.reason)
    assert Evidence.from_json(second.details["evidence"]).samples == 5
    together, datasets_compared = history.evidence_until(second)
    assert (together.samples, datasets_compared) == (8 + 3 + 5, 2) and together.e_value >= 20


def test_a_dataset_that_was_deleted_is_evidence_no_more(mlflow_store: Path) -> None:
    make_members(NAME, MEMBERS[:2])
    add_portraits(NAME, "train", 6, (0, 1))
    add_portraits(NAME, "holdout", 4, (0, 1))
    dataset()
    loop.run_once(NAME)
    make_members(NAME, (MEMBERS[2],))
    add_portraits(NAME, "train", 6, (2,))
    add_portraits(NAME, "holdout", 3, (2,))
    compared = dataset()
    assert loop.run_once(NAME).kind == decisions.PENDING
    datasets.delete(EDITOR, compared.id)
    champion = registry.champion(NAME)
    assert champion is not None
    left = history.challenge(NAME, champion)
    assert left is not None and (left.evidence.samples, left.compared) == (0, ())
    add_portraits(NAME, "holdout", 2, (2,), seed=40)
    dataset()
    again = loop.run_once(NAME)
    assert Evidence.from_json(again.details["evidence"]).samples == 8 + 3 + 2  # all of them anew


def _export(version: registry.Version) -> Path:
    return registry.download_export(version, Path(mkdtemp()))


def test_a_dataset_goes_on_saying_what_it_was_made_with(photos: Any) -> None:
    two_splits()
    made = dataset()
    model = photos.train(made, silent).predictor
    before = photos.evaluate(model, made)
    assert before.value == 1.0 and before.details["classes"] == list(MEMBERS)
    labels.rename(EDITOR, NAME, "Ben", "Benjamin")
    assert photos.evaluate(model, made).value == 1.0
    renamed = dataset()
    assert renamed.sha256 != made.sha256
    assert photos.evaluate(model, renamed).value == pytest.approx(2 / 3)
    drift = photos.drift(made, renamed, model)
    assert drift.found and "Benjamin" in str(drift.summary)


def test_too_little_is_said_before_anything_is_trained(photos: Any) -> None:
    make_members(NAME, ("Ada",))
    add_portraits(NAME, "train", 6, (0,))
    with pytest.raises(TooFewImagesError, match="at least two"):
        photos.train(dataset(), silent)
    make_members(NAME, ("Ben",))
    add_portraits(NAME, "train", 3, (1,))
    with pytest.raises(TooFewImagesError, match=r"Ben has 3.*at least 2 of Ben"):
        photos.train(dataset(), silent)
    add_portraits(NAME, "train", 3, (1,), seed=50)
    made = dataset()
    with pytest.raises(EmptyHoldoutError, match="another recording session"):
        photos.evaluate(photos.train(made, silent).predictor, made)


def test_the_exported_model_is_numbers_and_a_graph(photos: Any, tmp_path: Path) -> None:
    two_splits()
    trained = photos.train(dataset(), silent)
    folder = tmp_path / "export"
    folder.mkdir()
    photos.export(trained.predictor, folder)
    assert {file.name for file in folder.iterdir()} == {GRAPH, HEAD}
    again = photos.load(folder)
    again.smoke()
    pixels = portrait(1, 77)
    numbers = Embedding((folder / GRAPH).read_bytes(), 224).of(pixels)
    assert np.allclose(again.probabilities(pixels), trained.model.predict_proba([numbers])[0], atol=1e-9)
    answer = again.detect(pixels, 0.0)
    assert len(answer) == 3 and answer.scores.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(answer.scores) <= 0).all()


@pytest.mark.parametrize("damage", ["graph", "weights", "classes", "form", "json", "missing"])
def test_a_damaged_model_is_refused(photos: Any, tmp_path: Path, damage: str) -> None:
    rng = np.random.default_rng(0)
    head = Head(("a", "b"), rng.normal(size=(2, 512)), np.zeros(2), 224)
    WholeImageClassifier(photos.backbone().cut(), head).save(tmp_path)
    raw = json.loads((tmp_path / HEAD).read_text(encoding="utf-8"))
    if damage == "graph":
        content = bytearray((tmp_path / GRAPH).read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / GRAPH).write_bytes(bytes(content))
    elif damage == "weights":
        raw["weights"][0][0] = float("nan")
    elif damage == "classes":
        raw["classes"] = ["a", "b", "c"]
    elif damage == "form":
        raw["form"] = "another"
    if damage == "missing":
        (tmp_path / GRAPH).unlink()
    (tmp_path / HEAD).write_text("{" if damage == "json" else json.dumps(raw), encoding="utf-8")
    with pytest.raises((ValueError, OSError)):
        photos.load(tmp_path)


def test_a_better_model_is_better_and_the_same_is_not(photos: Any) -> None:
    two_splits()
    made = dataset()
    scores = photos.evaluate(photos.train(made, silent).predictor, made)
    worse = replace(scores, losses=np.ones(len(scores.outcomes)), value=0.0)
    assert photos.compare(worse, scores).better
    assert not photos.compare(scores, worse).better
    same = photos.compare(scores, scores)
    assert not same.better and same.p_value == 1.0


def test_folders_come_in_as_labels_and_go_out_again(tmp_path: Path, settings: Settings) -> None:
    make_members(NAME)
    upload = BytesIO()
    with zipfile.ZipFile(upload, "w") as archive:
        for member, name in enumerate(MEMBERS):
            for number in range(3):
                archive.writestr(f"train/{name}/{name}-{number}.jpg", file_bytes(portrait(member, number)))
    upload.seek(0)
    class_mapping = {name: name for name in MEMBERS}
    kept = archive_import.save_upload(EDITOR, upload)
    outcome = archive_import.import_upload(EDITOR, kept, class_mapping, collection_of(NAME))
    assert (outcome.new, outcome.unlabelled, outcome.boxes) == (9, 0, 9)
    before = {(image.session, image.split, labels_of(image)[0]) for image in store.listed(limit=20)}

    target = tmp_path / "members.zip"
    assert archive_export.export(EDITOR, target, collection_of(NAME)) == 9
    with zipfile.ZipFile(target) as archive:
        assert {name.split("/")[1] for name in archive.namelist()} == set(MEMBERS)
    store.delete(EDITOR, [image.id for image in store.listed(limit=20)])
    with target.open("rb") as file:
        kept = archive_import.save_upload(EDITOR, file)
    assert archive_import.inspect_upload(kept).classes == sorted(MEMBERS)
    outcome = archive_import.import_upload(EDITOR, kept, class_mapping, collection_of(NAME))
    assert outcome.new == 9
    assert {(image.session, image.split, labels_of(image)[0]) for image in store.listed(limit=20)} == before


def test_boxes_of_one_class_are_that_class_and_others_wait_for_a_person() -> None:
    make_members(NAME)
    upload = BytesIO()
    with zipfile.ZipFile(upload, "w") as archive:
        archive.writestr("data.yaml", "names: [Ada, Ben]\n")
        for stem, lines in {"one": "0 .5 .5 .2 .2\n0 .2 .2 .1 .1\n", "two": "0 .5 .5 .2 .2\n1 .2 .2 .1 .1\n"}.items():
            archive.writestr(f"images/{stem}.jpg", file_bytes(portrait(0, ord(stem[0]))))
            archive.writestr(f"labels/{stem}.txt", lines)
    upload.seek(0)
    kept = archive_import.save_upload(EDITOR, upload)
    archive_import.import_upload(EDITOR, kept, {"Ada": "Ada", "Ben": "Ben"}, collection_of(NAME))
    states = {image.session: (image.state, labels_of(image), render(image.note)) for image in store.listed()}
    assert states["import/one"] == (LABELLED, ["Ada"], "")
    assert states["import/two"] == (UNLABELLED, [], "Its boxes were labelled Ada, Ben.")


def test_the_champion_proposes_one_label_and_mistakes_come_first(mlflow_store: Path) -> None:
    two_splits()
    dataset()
    loop.run_once(NAME)
    waiting = store.add(EDITOR, portrait(2, 970), collection_of(NAME), source=UPLOAD, session="s")
    outcome = proposals.propose_all(EDITOR, NAME)
    assert (outcome.looked, outcome.found) == (1, 1)
    found = store.get(waiting.id)
    assert found is not None and (found.state, labels_of(found)) == (PROPOSED, ["Cleo"])
    watcher = ChampionWatcher(NAME)
    watcher.refresh()
    assert watcher.current is not None
    said = FlaggedPrediction(watcher.current.predictor.detect(portrait(0, 971)), MEMBERS, "v1")
    flagged = flag(EDITOR, portrait(0, 971), "Ben", said, session="live-1", collection=collection_of(NAME))
    assert (flagged.state, labels_of(flagged)) == (PROPOSED, ["Ben"])
    note = render(flagged.note)
    assert note.startswith("v1 predicted Ada (") and note.endswith("eve labelled it Ben.")
    assert [one.id for one in review_queue.queue(NAME)] == [flagged.id, waiting.id]


def test_a_label_that_was_renamed_meanwhile_does_not_come_back_by_undoing() -> None:
    make_members(NAME)
    image = store.add(EDITOR, portrait(0, 1), collection_of(NAME), source=UPLOAD, session="s")
    review.set_boxes(EDITOR, image.id, [whole_image("Ada", "human")])
    step = review.set_boxes(EDITOR, image.id, [whole_image("Ben", "human")])
    labels.rename(EDITOR, NAME, "Ada", "Countess")
    with pytest.raises(review.ReviewedMeanwhileError):
        review.undo(EDITOR, step)
    assert labels_of(image) == ["Ben"]


def test_a_video_is_answered(mlflow_store: Path, tmp_path: Path) -> None:
    two_splits()
    dataset()
    loop.run_once(NAME)
    video = written(tmp_path / "members.mp4", [portrait(1, number) for number in range(10)])
    with video.open("rb") as file:
        upload = video_predictions.save_upload(EDITOR, file, "members.mp4")
    answered = video_predictions.predict_video(NAME, upload, 0.5, "job-1", silent)
    assert (answered.watched.frames, answered.watched.found, answered.version) == (10, 10, 1)


def test_its_flows_are_deployed() -> None:
    from flows.deployments import all_deployments

    made = {flow.name for flow, options in all_deployments() if options["name"] == NAME}
    assert made == {"generate-dataset", "check", "import-images", "propose-boxes", "predict-video"}
