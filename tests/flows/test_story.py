"""The promise of the product, through the real orchestrator: data in, a better model out, no hand on it."""

import io
from collections.abc import Iterator

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render
from core.config.settings import Settings
from core.jobs import jobs, prefect_api
from core.loop import decisions
from core.models import registry
from core.predictions.files import save_upload
from core.storage import datasets
from tests.discord import FakeDiscord, fake_discord
from tests.flows.driving import EDITOR, ended, generate, next_decision, quiet
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


@pytest.fixture
def discord(prefect: str) -> Iterator[FakeDiscord]:
    """A runner that tells a stand-in of Discord."""
    with fake_discord() as server, flow_runner(runner_environment(SHIFUMI_DISCORD_WEBHOOK_URL=server.url)):
        yield server


def test_data_alone_leads_to_a_better_model(discord: FakeDiscord, settings: Settings) -> None:
    """Nothing after Generate: the first model, then *kept*, then drift, retraining, promotion, Discord."""
    generate(seed=1)
    first = next_decision(0)
    assert first.kind == decisions.PROMOTED
    quiet()

    generate(seed=2)
    second = next_decision(first.id)
    assert second.kind == decisions.KEPT
    quiet()
    assert not any("Drift" in title or "Retraining" in title for title in discord.titles)

    generate(seed=3, offset=1.5, angle=150)
    third = next_decision(second.id)
    assert third.kind == decisions.PROMOTED
    assert third.drift
    champion = registry.champion("linear")
    assert champion is not None and champion.version == 2
    quiet()
    told = (
        "⚠ Drift detected: linear",
        "challenger v2 promoted",
        "check-and-retrain started",
        "check-and-retrain completed",
    )
    for words in told:
        wait_until(lambda: any(words in title for title in discord.titles), what=words)  # noqa: B023
    _figures_are_there(champion)

    _the_second_click_is_refused()
    _a_csv_is_answered(settings)
    _a_viewer_may_not()


def _figures_are_there(champion: registry.Version) -> None:
    def names() -> set[str]:
        return {item.path for item in registry.client().list_artifacts(champion.run_id)}

    wait_until(lambda: {"boundary.png", "confusion_matrix.png"} <= names(), what="figures in MLflow")


def _the_second_click_is_refused() -> None:
    job = jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})
    with pytest.raises(jobs.JobBusyError, match="already running") as refusal:
        jobs.submit(Actor("bob", Role.EDITOR), jobs.CHECK, "linear", {"forced": True})
    assert refusal.value.job.id == job.id
    assert ended(job).state == jobs.COMPLETED
    run = prefect_api.get_run(job.flow_run_id or "")
    assert run.parameters["job_id"] == job.id
    of_it = [item for item in jobs.listed(jobs.CHECK) if item.parameters == {"forced": True}]
    assert len(of_it) == 1, "the refused click left something behind"


def _a_csv_is_answered(settings: Settings) -> None:
    viewer = Actor("vic", Role.VIEWER)
    upload = save_upload(viewer, "linear", io.BytesIO(b"x1,x2\n9,9\n-9,-9\n"))
    job = ended(jobs.submit(viewer, jobs.PREDICT_FILE, "linear", {"upload": upload}))
    assert job.state == jobs.COMPLETED, job.message
    lines = (settings.outputs_dir / job.result["output"]).read_text().splitlines()
    assert lines[0] == "x1,x2,predicted,probability"
    assert len(lines) == 3


def _a_viewer_may_not() -> None:
    with pytest.raises(ForbiddenError, match="Requires the editor role"):
        jobs.submit(Actor("vic", Role.VIEWER), jobs.GENERATE, "linear", {})


def test_bad_work_fails_with_its_reason(discord: FakeDiscord) -> None:
    """The services check again behind the pages, and the next run is not hindered."""
    with pytest.raises(prefect_api.PrefectRefusedError, match="less than the minimum of 1000"):
        jobs.submit(EDITOR, jobs.GENERATE, "linear", {"choices": {"rows": 0}})
    refused = jobs.latest(jobs.GENERATE)
    assert refused is not None and (refused.state, refused.concurrency_key) == (jobs.FAILED, None)
    assert "less than the minimum of 1000" in render(refused.message)
    check = ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True}))
    assert check.state == jobs.FAILED
    assert "Generate one on the Datasets page" in render(check.message)
    wait_until(lambda: decisions.latest("linear"), what="the failure on the timeline")
    assert decisions.latest("linear")[0].kind == decisions.FAILED
    wait_until(lambda: any("check-and-retrain failed" in title for title in discord.titles), what="Discord to hear")
    with pytest.raises(datasets.NoDatasetError):
        datasets.latest("linear")
    generate(seed=1)
