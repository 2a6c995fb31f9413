"""Bad data through the real orchestrator: set aside, told once, nothing learnt from it."""

from collections.abc import Iterator

import pytest

from core.config.messages import render
from core.jobs import jobs
from core.loop import decisions
from core.models import registry
from core.storage import datasets
from tests.discord import FakeDiscord, fake_discord
from tests.flows.driving import EDITOR, ended, generate, next_decision, quiet
from tests.prefect_server import flow_runner, runner_environment

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


@pytest.fixture
def discord(prefect: str) -> Iterator[FakeDiscord]:
    """A runner that tells a stand-in of Discord."""
    with fake_discord() as server, flow_runner(runner_environment(SHIFUMI_DISCORD_WEBHOOK_URL=server.url)):
        yield server


def test_a_bad_dataset_ends_in_quarantine_and_the_check_passes_it_over(discord: FakeDiscord) -> None:
    generate(seed=1)
    first = next_decision(0)
    assert first.kind == decisions.PROMOTED
    quiet()

    job = generate(seed=2, noise=2.0)  # labels far noisier than anything before
    said = render(job.message)
    assert "Dataset 2: 5,000 rows." in said and "Dataset 2 is quarantined: A model fitted to this dataset" in said
    assert job.result["status"] == datasets.QUARANTINED
    assert not jobs.alive()  # nothing new to check

    for _ in range(2):
        told = render(ended(jobs.submit(EDITOR, jobs.CHECK, "linear")).message)
        assert "Dataset 2 is quarantined" in told and "Nothing new since dataset 1." in told
    assert [one.kind for one in decisions.latest("linear")] == [decisions.QUARANTINED, decisions.PROMOTED]
    assert len(registry.versions("linear")) == 1
    assert [title for title in discord.titles if "quarantined" in title] == ["⛔ Dataset 2 quarantined: linear"]
