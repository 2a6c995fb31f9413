"""A deployment that somebody deletes in Prefect is registered again by the running flow runner, and works."""

import pytest

from core.cli.checks.services import _deployments
from core.config.settings import Settings
from core.jobs import jobs, prefect_api
from tests.people import make_user
from tests.prefect_server import flow_runner, runner_environment
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("mlflow_store")]


def names() -> set[str]:
    flows = prefect_api.flow_names()
    return {f"{flows[one['flow_id']]}/{one['name']}" for one in prefect_api.deployments()}


def test_a_deleted_deployment_comes_back_and_runs(prefect: str, settings: Settings) -> None:
    ada = make_user("ada")
    with flow_runner(runner_environment(SHIFUMI_CHECK_INTERVAL_S="86400")):
        before = names()
        flows = prefect_api.flow_names()
        for one in prefect_api.deployments():
            if flows[one["flow_id"]] == "generate-dataset":
                prefect_api.delete_deployment(str(one["id"]))
        with pytest.raises(prefect_api.PrefectUnknownError, match="generate-dataset/linear: it was deleted there"):
            jobs.submit(ada, jobs.GENERATE, "linear")
        [found] = _deployments()
        assert found.level == "problem" and "generate-dataset/linear" in found.text
        assert jobs.alive() == []
        wait_until(lambda: names() == before, timeout=90, what="the deployments to be registered again")
        [found] = _deployments()
        assert found.level == "ok"
        job = jobs.submit(ada, jobs.GENERATE, "linear")
        ended = wait_until(lambda: (now := jobs.get(job.id)) and now.finished_at and now, timeout=90)
        assert ended.state == jobs.COMPLETED
