"""The champion in memory: every state of a watcher, what it loads and when, and what it says about trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.models import registry, serving
from core.models.registry import RegistryError, Version
from core.models.serving import ChampionWatcher, ModelRefusedError, Served
from core.workloads import DEFAULT, of_kind
from core.workloads.base import Trained
from tests.learning import make_versions

SHIPPED = of_kind("images")[0].name
TRAIN_ONE = "No champion yet: train one on the Train page."


def version(number: int, workload: str = DEFAULT) -> Version:
    return Version(workload, number, "run", 1, "a", "f", "s", datetime.now(UTC), ("champion",))


@dataclass
class Store:
    """What the registry and the disk would give; ``loaded`` are the versions that were asked for."""

    champion: Version | None = None
    starter: Served | None = None
    trouble: dict[int, Exception] = field(default_factory=dict)
    loaded: list[int] = field(default_factory=list)

    def load(self, wanted: Version) -> Served:
        self.loaded.append(wanted.version)
        return self._given(wanted)

    def _given(self, wanted: Version) -> Served:
        if error := self.trouble.get(wanted.version):
            raise error
        return Served(wanted, f"model {wanted.version}", datetime.now(UTC))


@dataclass
class Loads:
    store: Store

    def load(self, version: Version) -> Served:
        return self.store.load(version)

    def starter(self, workload: str) -> Served | None:
        self.store.loaded.append(0)
        if error := self.store.trouble.get(0):
            raise error
        return self.store.starter


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(registry, "store_exists", lambda: True)
    monkeypatch.setattr(registry, "champion", lambda workload: made.champion)
    return made


def watcher_of(store: Store, workload: str = DEFAULT, *, lazy: bool = False) -> ChampionWatcher:
    return ChampionWatcher(workload, Loads(store), lazy=lazy)


def test_a_watcher_that_has_not_looked_knows_nothing(store: Store) -> None:
    watcher = watcher_of(store)
    assert (watcher.state, watcher.problem, watcher.known, watcher.current) == ("starting", None, None, None)
    assert (watcher.refused, watcher.loads, watcher.workload) == (None, 0, DEFAULT)


def test_a_champion_is_loaded_once_and_swapped_when_another_takes_over(store: Store) -> None:
    watcher = watcher_of(store)
    for number in (1, 1, 2, 2, 1):
        store.champion = version(number)
        watcher.refresh()
        assert watcher.current is not None and watcher.current.version.version == number
        assert watcher.known is store.champion
        assert (watcher.state, watcher.problem, watcher.refused) == ("serving", None, None)
    assert store.loaded == [1, 2, 1]
    assert watcher.loads == 3


def test_a_damaged_version_is_read_once_and_the_old_one_serves(store: Store) -> None:
    watcher = watcher_of(store)
    store.champion = version(1)
    watcher.refresh()
    store.champion, store.trouble = version(2), {2: ModelRefusedError("damaged")}
    for _ in range(3):
        watcher.refresh()
        assert (watcher.state, watcher.problem, watcher.refused) == ("refused", "damaged", 2)
        assert watcher.current is not None and watcher.current.version.version == 1
    assert store.loaded == [1, 2]
    assert watcher.loads == 1
    store.champion = version(1)
    watcher.refresh()
    assert (watcher.state, watcher.problem, watcher.refused) == ("serving", None, None)
    store.champion, store.trouble = version(2), {}
    watcher.refresh()
    assert watcher.current.version.version == 2 and watcher.refused is None
    assert store.loaded == [1, 2, 2]


def test_a_store_that_fails_while_loading_is_tried_again(store: Store) -> None:
    watcher = watcher_of(store)
    store.champion, store.trouble = version(1), {1: RegistryError("gone for a moment")}
    for _ in range(2):
        watcher.refresh()
        assert (watcher.state, watcher.problem, watcher.current) == ("unreachable", "gone for a moment", None)
    store.trouble = {}
    watcher.refresh()
    assert watcher.state == "serving"
    assert store.loaded == [1, 1, 1]


def test_a_store_that_does_not_answer_leaves_the_model_and_what_is_known(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(store)
    store.champion = version(1)
    watcher.refresh()

    def fail(_workload: str) -> None:
        raise RegistryError("it does not answer")

    monkeypatch.setattr(registry, "champion", fail)
    watcher.refresh()
    assert (watcher.state, watcher.problem) == ("unreachable", "it does not answer")
    assert watcher.current is not None and watcher.known is store.champion


def test_a_store_that_disappeared_is_no_empty_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = watcher_of(store)
    monkeypatch.setattr(registry, "store_exists", lambda: False)
    watcher.refresh()
    assert (watcher.state, watcher.problem) == ("no-champion", TRAIN_ONE)
    monkeypatch.setattr(registry, "store_exists", lambda: True)
    store.champion = version(1)
    watcher.refresh()
    monkeypatch.setattr(registry, "store_exists", lambda: False)
    watcher.refresh()
    assert watcher.state == "unreachable"
    assert "Restore it from a backup" in (watcher.problem or "")
    assert watcher.current is not None


def test_what_ships_serves_until_there_is_a_champion(store: Store) -> None:
    watcher = watcher_of(store, SHIPPED)
    store.starter = Served(registry.starter_version(SHIPPED), "starter", datetime.now(UTC))
    watcher.refresh()
    watcher.refresh()
    assert (watcher.state, watcher.problem, watcher.current) == ("serving", None, store.starter)
    assert watcher.known is not None and (watcher.known.version, watcher.known.workload) == (0, SHIPPED)
    assert (store.loaded, watcher.loads) == ([0], 0)
    store.champion = version(1, SHIPPED)
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 1


def test_a_damaged_starter_is_read_once(store: Store) -> None:
    watcher = watcher_of(store, SHIPPED)
    store.trouble = {0: ModelRefusedError("unpack it again")}
    for _ in range(2):
        watcher.refresh()
        assert (watcher.state, watcher.problem, watcher.refused) == ("refused", "unpack it again", 0)
    assert store.loaded == [0]
    store.champion = version(1, SHIPPED)
    watcher.refresh()
    assert (watcher.state, watcher.refused) == ("serving", None)


def test_a_champion_that_is_taken_away_is_missed(store: Store) -> None:
    watcher = watcher_of(store)
    store.champion = version(1)
    watcher.refresh()
    store.champion = None
    watcher.refresh()
    assert (watcher.state, watcher.problem, watcher.known) == ("no-champion", TRAIN_ONE, None)
    assert watcher.current is not None, "what is loaded keeps answering"


def test_a_lazy_watcher_loads_when_it_is_woken_and_follows_from_there(store: Store) -> None:
    watcher = watcher_of(store, lazy=True)
    watcher.refresh()
    assert (watcher.state, watcher.problem) == ("no-champion", TRAIN_ONE)
    store.champion = version(1)
    watcher.refresh()
    assert (watcher.state, watcher.problem, watcher.known, store.loaded) == ("idle", None, store.champion, [])
    watcher.wake()
    watcher.wake()
    assert (watcher.state, store.loaded) == ("serving", [1])
    store.champion = version(2)
    watcher.refresh()
    assert store.loaded == [1, 2]


def test_what_nobody_foresaw_is_kept_as_the_problem(store: Store) -> None:
    watcher = watcher_of(store)
    store.champion, store.trouble = version(1), {1: RuntimeError("odd")}
    with pytest.raises(RuntimeError):
        watcher.refresh()
    watcher.refresh_safely()
    assert (watcher.state, watcher.problem) == ("unreachable", "RuntimeError('odd')")
    store.trouble = {}
    watcher.refresh_safely()
    assert watcher.state == "serving"


class Shipping:
    """A workload whose starter is what the test says."""

    def __init__(self, starter: Trained | Exception | None) -> None:
        self._starter = starter

    def starter(self) -> Trained | None:
        if isinstance(self._starter, Exception):
            raise self._starter
        return self._starter

    def load(self, folder: Path) -> object:
        return Predictor(None if folder.name == "good" else ValueError("weights are missing"))


@dataclass
class Predictor:
    error: Exception | None = None
    tried: int = 0

    def smoke(self) -> None:
        self.tried += 1
        if self.error:
            raise self.error


def shipping(monkeypatch: pytest.MonkeyPatch, starter: Trained | Exception | None) -> None:
    monkeypatch.setattr(serving, "get_workload", lambda name: Shipping(starter))


def test_a_starter_is_tried_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Predictor()
    shipping(monkeypatch, Trained(None, predictor, {}))
    before = datetime.now(UTC)
    found = serving.served_starter("rps")
    assert found is not None and found.predictor is predictor and predictor.tried == 1
    assert (found.version.version, found.version.workload) == (0, "rps")
    assert before <= found.loaded_at <= datetime.now(UTC)
    loaded = serving.load_served(registry.starter_version("rps"))
    assert loaded.predictor is predictor
    shipping(monkeypatch, None)
    assert serving.served_starter("rps") is None


@pytest.mark.parametrize("error", [ValueError("no graph"), OSError("no file")])
def test_a_damaged_starter_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    for starter in (error, Trained(None, Predictor(error), {})):
        shipping(monkeypatch, starter)
        with pytest.raises(ModelRefusedError) as refusal:
            serving.served_starter("rps")
        said = str(refusal.value)
        assert said == f"The starter model of rps is damaged ({error}): unpack or clone the project again."


def test_an_export_that_cannot_predict_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shipping(monkeypatch, None)
    assert isinstance(serving.load_export("rps", 3, Path("good")), Predictor)
    with pytest.raises(ModelRefusedError) as refusal:
        serving.load_export("rps", 3, Path("bad"))
    assert str(refusal.value) == "rps v3 cannot serve: weights are missing"


def test_a_version_is_loaded_as_it_was_registered(mlflow_store: Path, tmp_path: Path) -> None:
    (made,) = make_versions(1)
    before = datetime.now(UTC)
    served = serving.LocalLoader().load(made)
    assert served.version == made and served.loaded_at >= before
    assert served.predictor.classes == ("0", "1")
    folder = serving.verified_export(made, tmp_path)
    assert (folder / "linear.json").exists()
    assert serving.LocalLoader().starter(DEFAULT) is None
