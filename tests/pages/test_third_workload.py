"""Pages pick up a new workload by themselves, where docs/adding-a-workload.md says that they do."""

from pathlib import Path

import pytest

from core.auth.roles import SYSTEM, Actor, Role
from core.config.progress import silent
from core.loop import decisions, loop
from core.storage import datasets
from core.workloads import WORKLOADS
from docs.examples.awake import AwakeWorkload
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, mlflow_store: Path) -> Actor:
    """Somebody to look at an installation where ``awake`` and ``linear`` have a champion each."""
    workload = AwakeWorkload()
    monkeypatch.setitem(WORKLOADS, workload.name, workload)
    parameters = workload.parameters()
    datasets.register(workload.generate(parameters, silent), workload.name, parameters.model_dump(), SYSTEM)
    make_dataset()
    for name in ("awake", "linear"):
        assert loop.run_once(name).kind == decisions.PROMOTED
    return make_user("eve", Role.EDITOR)


def test_overview_shows_both_champions(editor: Actor) -> None:
    app = open_page("overview.py", editor)
    assert not app.exception
    shown = texts(app)
    assert "**Linear** :green-badge" in shown
    assert "**Awake** :green-badge" in shown


def test_train_lets_one_choose(editor: Actor) -> None:
    app = open_page("train.py", editor)
    app.segmented_control(key="workload").set_value("awake").run()
    assert not app.exception
    assert "below 0.800 or" in texts(app)  # the threshold of awake; that of linear is 0.85
    assert not app.button(key="btn_check").disabled


def test_runs_lists_both(editor: Actor) -> None:
    app = open_page("runs.py", editor)
    assert not app.exception
    assert sorted(app.dataframe[0].value["workload"]) == ["Awake", "Linear"]
