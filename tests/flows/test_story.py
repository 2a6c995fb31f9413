"""The promise of the product, through the real orchestrator: data in, a better model out, no hand on it."""

import io
from collections.abc import Iterator
from functools import partial

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.tables import Job
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


def told(discord: FakeDiscord) -> list[str]:
    """What checks have said so far. They say it before their job ends."""
    quiet()
    return [title for title in discord.titles if "linear:" in title]


def test_data_alone_leads_to_a_better_model(discord: FakeDiscord, settings: Settings) -> None:
    """Nothing after Generate: the first model, *kept*, then an alarm and a challenger, which the next data promotes."""
    generate(seed=1)
    first = next_decision(0)
    assert first.kind == decisions.PROMOTED
    assert told(discord) == ["linear: challenger v1 promoted"]

    generate(seed=2)
    second = next_decision(first.id)
    assert second.kind == decisions.KEPT
    assert len(told(discord)) == 1, "a champion that stays is no news"

    generate(seed=3, offset=1.5, angle=150)
    third = next_decision(second.id)
    assert third.kind == decisions.PENDING
    assert third.drift
    assert _serving() == 1
    assert told(discord)[1:] == [
        "linear: challenger v2 waits for one more dataset",
        "⚠ linear: alarm, a challenger is trained",
    ]
    assert discord.messages[-1] == discord.titles[-2:], "one message, grouped"
    assert discord.charts == 2, "with each decision one"

    generate(seed=4, offset=1.5, angle=150)
    fourth = next_decision(third.id)
    assert fourth.kind == decisions.PROMOTED
    assert _serving() == 2
    assert told(discord)[3:] == ["linear: challenger v2 promoted"]
    _figures_are_there(registry.get_version("linear", 2))

    _a_repeated_check_finds_nothing_new(discord)
    _the_second_click_is_refused()
    _a_csv_is_answered(settings)
    _a_viewer_may_not()


def test_one_bad_dataset_never_becomes_champion(discord: FakeDiscord) -> None:
    last, kinds = 0, []
    for seed, angle in ((1, 45), (2, 135), (3, 45), (4, 45)):
        generate(seed=seed, angle=angle)
        decision = next_decision(last)
        last = decision.id
        kinds.append(decision.kind)
        assert _serving() == 1
    assert kinds == [decisions.PROMOTED, decisions.PENDING, decisions.REJECTED, decisions.KEPT]
    assert told(discord)[1:] == [
        "linear: challenger v2 waits for one more dataset",
        "⚠ linear: alarm, a challenger is trained",
        "linear: challenger v2 rejected",
    ]


def _serving() -> int:
    champion = registry.champion("linear")
    assert champion is not None
    return champion.version


def _a_repeated_check_finds_nothing_new(discord: FakeDiscord) -> None:
    def counted() -> tuple[int, int, int]:
        return len(decisions.latest("linear")), len(decisions.evaluations("linear")), len(discord.embeds)

    newest = datasets.latest("linear").id
    assert not [title for title in discord.titles if "generate-dataset" in title], "the check says what came of it"
    before = counted()
    for _ in range(2):
        job = ended(jobs.submit(EDITOR, jobs.CHECK, "linear", {}))
        assert render(job.message).startswith(f"Nothing new since dataset {newest}. Promoted:")
        wait_until(partial(_run_ended, job), what="the run to end")
    assert counted() == before


def _run_ended(job: Job) -> bool:
    return prefect_api.get_run(job.flow_run_id or "").terminal


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
    wait_until(lambda: any("check failed" in title for title in discord.titles), what="Discord to hear")
    with pytest.raises(datasets.NoDatasetError):
        datasets.latest("linear")
    generate(seed=1)
