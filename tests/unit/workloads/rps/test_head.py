"""The personal head: what is learnt, what stays, and what happens with files that do not belong together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.config.messages import Message, render
from core.config.settings import get_settings
from core.images import LABELLED, WEBCAM, store
from core.loop import decisions, loop, stages
from core.models import registry
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.images.minimum_data import TooFewImagesError
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH
from core.workloads.rps.head import learn
from core.workloads.rps.head.examples import Examples, examples_of
from core.workloads.rps.head.features import Anchors, FeatureExtractor
from core.workloads.rps.head.fit import fit
from core.workloads.rps.head.graph import HeadError, class_layers, open_model, weights_of, with_weights
from core.workloads.rps.head.replay import REPLAY, read_replay, write_replay
from core.workloads.rps.head.views import views
from core.workloads.rps.render import render_many
from core.workloads.rps.starter import starter_folder
from tests.hands import session_in, snapshot
from tests.pictures_of_hands import HANDS

UNSEEN = 70_000
STARTER = starter_folder()


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_RPS_TRAIN_THREADS", "1")
    get_settings.cache_clear()


def capture(train: int, holdout: int, seed: int = UNSEEN) -> None:
    """Rendered hands as if a webcam had taken them: so many per split."""
    wanted = ["train"] * train + ["holdout"] * holdout
    shown = (one for one in render_many(range(seed, seed + 8 * len(wanted)), 320) if len(one[1]) == 1)
    for split, (pixels, boxes) in zip(wanted, shown, strict=False):
        store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session=session_in(split, 0), boxes=boxes, state=LABELLED)


def test_the_same_numbers_give_the_same_answers(tmp_path: Path) -> None:
    """Taking the class layers out and putting them back changes nothing that the detector says."""
    model = open_model(STARTER / GRAPH)
    graph = with_weights(model, weights_of(model))
    (tmp_path / GRAPH).write_bytes(graph)
    again = weights_of(open_model(tmp_path / GRAPH))
    for before, after in zip(weights_of(open_model(STARTER / GRAPH)), again, strict=True):
        np.testing.assert_array_equal(before, after)


def test_features_times_class_layers_are_the_detectors_scores() -> None:
    """What is learnt on really is what the class layers read: it gives the scores of the graph."""
    pixels, _boxes = next(iter(render_many(range(UNSEEN, UNSEEN + 1), 320)))
    anchors, _ = FeatureExtractor(STARTER, 1).anchors(pixels)
    for index, layer in enumerate(weights_of(open_model(STARTER / GRAPH))):
        mine = anchors.scale == index
        logits = anchors.features[mine] @ layer[:, :-1].T + layer[:, -1]
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), anchors.scores[mine], atol=1e-4)


def test_another_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.onnx").write_bytes(b"no graph")
    with pytest.raises(HeadError, match=r"none\.onnx is not an ONNX graph"):
        open_model(tmp_path / "none.onnx")
    model = open_model(STARTER / GRAPH)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = name.replace(".cv3.", ".other.")
    with pytest.raises(HeadError, match="no class layers"):
        class_layers(model)


@given(
    st.integers(0, 3),
    st.integers(1, 40).map(lambda seed: np.random.default_rng(seed)),
)
def test_each_hand_has_anchors_that_name_it_and_no_other(hands: int, random: np.random.Generator) -> None:
    """For any boxes: targets lie between 0 and 1, each hand that an anchor covers is named, background stands for all
    of it, and nothing is counted twice."""
    count = 600
    corners = random.uniform(0, 250, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(10, 70, (count, 2))], axis=1).astype(np.float32)
    scores = random.uniform(0, 1, (count, 3)).astype(np.float32)
    features = random.normal(size=(count, 4)).astype(np.float32)
    anchors = Anchors(features, (np.arange(count) % 3).astype(np.int8), boxes, scores)
    labels = random.integers(0, 3, hands)
    truth = boxes[random.choice(count, hands, replace=False)]
    made = examples_of(anchors, labels, truth)
    assert made.targets.min() >= 0 and made.targets.max() <= 1
    assert set(labels.tolist()) == set(np.flatnonzero(made.targets.max(axis=0) > 0.99).tolist())
    positive = int(made.targets.any(axis=1).sum())
    assert positive <= 10 * hands and len(made) <= count
    assert made.weights.sum() <= count + 1


def separable(seed: int, shift: float) -> Examples:
    random = np.random.default_rng(seed)
    features = random.normal(size=(400, 5)).astype(np.float16)
    targets = np.zeros((400, 3), np.float32)
    targets[features[:, 0] > shift, 1] = 0.9
    return Examples(features, np.zeros(400, np.int8), targets, np.ones(400, np.float32))


def test_a_stronger_pull_stays_nearer_to_the_start() -> None:
    start = [np.zeros((3, 6)), np.full((3, 6), 7.0)]
    moved = [np.abs(fit(start, separable(1, 0.0), decay)[0]).sum() for decay in (1e-4, 1e-2, 1.0)]
    assert moved[0] > moved[1] > moved[2] > 0
    np.testing.assert_array_equal(fit(start, separable(1, 0.0), 0.01)[1], start[1])  # no example of that scale


def test_what_is_fitted_names_what_it_was_shown() -> None:
    shown, unseen = separable(1, 0.0), separable(2, 0.0)
    layer = fit([np.zeros((3, 6))], shown, 1e-3)[0]
    logits = unseen.features.astype(np.float64) @ layer[:, :-1].T + layer[:, -1]
    assert ((logits[:, 1] > 0) == (unseen.targets[:, 1] > 0)).mean() > 0.95
    assert (logits[:, [0, 2]] < 0).all()


@given(st.integers(40, 200), st.integers(40, 200), st.integers(0, 99))
def test_each_view_shows_the_same_thing_in_its_box(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    left, top = int(random.integers(0, width - 30)), int(random.integers(0, height - 30))
    pixels = np.full((height, width, 3), 20, np.uint8)
    pixels[top : top + 24, left : left + 24] = 220
    box = np.array([[left, top, left + 24, top + 24]], np.float32)
    for shown, moved in views(pixels, box):
        assert shown.shape == pixels.shape
        x, y, right, bottom = moved[0].round().astype(int)
        assert shown[y + 2 : bottom - 2, x + 2 : right - 2].mean() > 200
        assert (shown > 180).any(axis=2).sum() <= 1.3 * (right - x) * (bottom - y)


def test_a_replay_that_does_not_belong_to_the_starter_is_refused(tmp_path: Path) -> None:
    start = weights_of(open_model(STARTER / GRAPH))
    random = np.random.default_rng(0)
    one = Examples(
        random.normal(size=(50, 80)).astype(np.float16),
        np.zeros(50, np.int8),
        np.zeros((50, 3), np.float32),
        np.ones(50, np.float32),
    )
    write_replay(tmp_path / REPLAY, [one], "a" * 64)
    assert len(read_replay(tmp_path / REPLAY, "a" * 64, start)) == 50
    with pytest.raises(HeadError, match="another starter model"):
        read_replay(tmp_path / REPLAY, "b" * 64, start)
    whole = (tmp_path / REPLAY).read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"PK\x03\x04" + whole[40:]):
        (tmp_path / REPLAY).write_bytes(damaged)
        with pytest.raises(HeadError, match="cannot be read"):
            read_replay(tmp_path / REPLAY, "a" * 64, start)


def test_what_ships_belongs_together() -> None:
    start = weights_of(open_model(STARTER / GRAPH))
    replay = read_replay(STARTER / REPLAY, learn.read_meta(STARTER).sha256, start)
    assert len(replay) > 10_000 and replay.targets.max() > 0.5
    assert (STARTER / REPLAY).stat().st_size < 5_000_000


@pytest.mark.usefixtures("mlflow_store", "one_thread")
def test_frames_are_learnt_in_seconds_then_fully(monkeypatch: pytest.MonkeyPatch) -> None:
    """Captured frames are the reason; the first training is the head; once that is settled the next check trains
    fully, and the one after it has nothing to do."""
    monkeypatch.setenv("SHIFUMI_RPS_THRESHOLD", "0.01")
    monkeypatch.setenv("SHIFUMI_RPS_EPOCHS", "1")
    monkeypatch.setenv("SHIFUMI_RPS_IMGSZ", "64")
    monkeypatch.setenv("SHIFUMI_PROMOTE_PATIENCE", "1")  # decided at once, one way or the other
    get_settings.cache_clear()
    capture(30, 12)
    dataset = snapshot()
    told: list[Message] = []
    first = loop.run_once("rps", report=lambda _share, text: told.append(text))
    assert "labelled images are new since version 1" in render(first.reason)
    assert first.kind in (decisions.PROMOTED, decisions.REJECTED)
    assert any(render(one).startswith("Looking at 30 images") for one in told)
    head = registry.get_version("rps", 2)
    assert registry.client().get_run(head.run_id).data.params["recipe"] == "head-1"
    assert head.trained_on == (dataset.id,)
    assert stages.full_training_due("rps", dataset)
    second = loop.run_once("rps")
    assert "now the full one" in render(second.reason) and second.challenger_version == 3
    assert "epochs_run" in registry.client().get_run(registry.get_version("rps", 3).run_id).data.params
    assert not stages.full_training_due("rps", dataset)
    assert loop.run_once("rps").id == second.id


@pytest.mark.usefixtures("mlflow_store", "one_thread")
def test_a_person_is_learnt_and_the_form_stays(tmp_path: Path) -> None:
    """On frames that it learnt, the head is surer of the right class than the starter; nothing but those numbers
    changed."""
    capture(30, 3)
    dataset = snapshot()
    workload = get_workload("rps")
    parameters = learn.head_parameters(dataset)
    assert parameters is not None
    trained = learn.learn_head(dataset, parameters, lambda _share, _text: None)
    workload.export(trained.predictor, tmp_path)
    head, starter = workload.load(tmp_path), ExportedDetector(STARTER)
    assert isinstance(head, ExportedDetector)
    head.smoke()
    learnt = learn.manifest_images(dataset, holdout=False)

    def named(detector: ExportedDetector) -> int:
        found = [(one, detector.detect(one.pixels(), 0.4)) for one in learnt]
        return sum(len(shown.labels) > 0 and shown.labels[0] == one.labels[0] for one, shown in found)

    assert named(head) > named(starter)
    before, after = open_model(STARTER / GRAPH), open_model(tmp_path / GRAPH)
    changed = {
        one.name for one, two in zip(before.graph.initializer, after.graph.initializer, strict=True) if one != two
    }
    assert changed == {name for layer in class_layers(before) for name in (layer.weight, layer.bias)}


@pytest.mark.usefixtures("mlflow_store", "one_thread")
def test_one_throw_only_is_no_reason_to_train_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rocks cannot be learnt from: the schedule does not fail on them every five minutes."""
    monkeypatch.setenv("SHIFUMI_RPS_THRESHOLD", "1e-9")
    get_settings.cache_clear()
    shown = (one for one in render_many(range(UNSEEN, UNSEEN + 400), 320) if [box.label for box in one[1]] == ["rock"])
    for split, (pixels, boxes) in zip(["train"] * 20 + ["holdout"] * 3, shown, strict=False):
        session = session_in(split, 0)
        store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session=session, boxes=boxes, state=LABELLED)
    dataset = snapshot()
    assert learn.head_parameters(dataset) is None
    with pytest.raises(TooFewImagesError, match="paper has none and scissors has none"):
        learn.learn_head(dataset, {}, lambda _share, _text: None)
    assert loop.run_once("rps").kind == decisions.KEPT


def test_rendered_hands_other_weights_and_the_switch_are_fine_tuned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert learn.head_parameters(_rendered()) is None
    capture(40, 1)
    dataset = snapshot()
    assert learn.head_parameters(dataset) is not None
    for name, value in (("HEAD", "false"), ("BASE", str(tmp_path / "own.pt"))):
        with monkeypatch.context() as patch:
            patch.setenv(f"SHIFUMI_RPS_{name}", value)
            get_settings.cache_clear()
            assert learn.head_parameters(dataset) is None
    get_settings.cache_clear()
    bare = Path(shutil.copytree(STARTER, tmp_path / "starter"))
    (bare / REPLAY).unlink()
    monkeypatch.setattr(learn, "starter_folder", lambda: bare)
    assert learn.head_parameters(dataset) is None


def _rendered() -> Dataset:
    workload = get_workload("rps")
    stored = workload.generate(workload.parameters(synthetic=4, seed=90_000), lambda _share, _text: None)
    return datasets.register(stored, "rps", {"synthetic": 4}, SYSTEM)
