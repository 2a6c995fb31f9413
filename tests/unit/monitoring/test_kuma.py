"""What Uptime Kuma should hold, and the steps there; tests/proofs/test_uptime_kuma.py takes a real one."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.settings import ROOT
from core.monitoring.kuma import provision
from core.monitoring.kuma.desired_state import DISCORD, MADE_BY, DesiredStateError, Monitor, desired_state
from core.monitoring.kuma.plan import fields_of, plan_discord, plan_monitors
from tests.ports import free_port
from tests.simple_server import server

GOOD = {"SHIFUMI_KUMA_USERNAME": "watcher", "SHIFUMI_KUMA_PASSWORD": "seven 7 tall ships"}
API = Monitor("Prediction API", "http://api:8000/health", "ok")
HOOK = "https://discord.example/api/webhooks/1/very-secret"


class Kuma:
    """What Kuma remembers of the steps it was given."""

    def __init__(self, *monitors: dict[str, Any]) -> None:
        self.monitors = [dict(one) for one in monitors]

    def apply(self, wished: list[Monitor], told: list[int]) -> list[str]:
        steps = plan_monitors(wished, self.monitors, told)
        for step in steps:
            if step.verb == "add":
                self.monitors.append({"id": len(self.monitors) + 1, "active": True, **step.fields})
            elif step.verb == "edit":
                next(one for one in self.monitors if one["id"] == step.id).update(step.fields, active=True)
        return [step.verb for step in steps]


def test_the_addresses_of_compose_are_the_defaults_and_an_empty_one_is_left_out() -> None:
    found = desired_state(GOOD)
    assert found.url == "http://uptime-kuma:3001"
    assert [monitor.url for monitor in found.monitors] == [
        "http://api:8000/health",
        "http://app:8501/_stcore/health",
        "http://prefect:4200/api/health",
        "http://mlflow:5000/health",
    ]
    assert {monitor.interval for monitor in found.monitors} == {30}
    assert found.webhook == ""
    fewer = desired_state(
        GOOD | {"SHIFUMI_KUMA_WATCH_MLFLOW": "", "SHIFUMI_KUMA_WATCH_API": "https://lab.example/api/"}
    )
    assert [monitor.name for monitor in fewer.monitors] == ["Prediction API", "Workbench", "Prefect"]
    assert fewer.monitors[0].url == "https://lab.example/api/health"


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"SHIFUMI_KUMA_USERNAME": " "}, "SHIFUMI_KUMA_USERNAME"),
        ({"SHIFUMI_KUMA_PASSWORD": ""}, "no default"),
        ({"SHIFUMI_KUMA_PASSWORD": "short1"}, "at least 8"),
        ({"SHIFUMI_KUMA_PASSWORD": "longer 12ab"}, "too weak"),
        ({"SHIFUMI_KUMA_PASSWORD": "no digits at all here"}, "too weak"),
        ({"SHIFUMI_KUMA_PASSWORD": "watcher 12345678"}, "contains the username"),
        ({"SHIFUMI_KUMA_URL": "uptime-kuma:3001"}, "SHIFUMI_KUMA_URL"),
        ({"SHIFUMI_KUMA_WATCH_PREFECT": "ftp://prefect"}, "SHIFUMI_KUMA_WATCH_PREFECT"),
        ({"SHIFUMI_KUMA_WAIT_S": "soon"}, "SHIFUMI_KUMA_WAIT_S"),
        ({"SHIFUMI_KUMA_WAIT_S": "nan"}, "SHIFUMI_KUMA_WAIT_S"),
    ],
)
def test_what_cannot_be_is_refused_with_the_variables_name(change: dict[str, str], variable: str) -> None:
    with pytest.raises(DesiredStateError, match=variable):
        desired_state(GOOD | change)


def test_a_missing_monitor_is_added_a_changed_one_edited_and_never_doubled() -> None:
    kuma = Kuma()
    assert kuma.apply([API], [1]) == ["add"]
    assert kuma.apply([API], [1]) == ["keep"]
    moved = Monitor(API.name, "http://elsewhere:8000/health", API.keyword)
    assert kuma.apply([moved], [1]) == ["edit"]
    [one] = kuma.monitors
    assert (one["url"], one["notificationIDList"]) == (moved.url, [1])


def test_one_that_is_not_wanted_any_more_is_reported_once_and_strangers_are_left_alone() -> None:
    stranger = {"id": 9, "name": "My blog", "description": "", "active": True}
    gone = {"id": 8, "name": "Old service", "description": MADE_BY, "active": True}
    kuma = Kuma(stranger, gone)
    assert kuma.apply([API], []) == ["add", "report"]
    assert kuma.monitors[:2] == [stranger, gone]


def test_one_that_was_paused_is_switched_on_and_other_notifications_stay() -> None:
    kuma = Kuma({"id": 1, "active": False, "notificationIDList": [5], **fields_of(API)})
    assert kuma.apply([API], [2]) == ["edit"]
    assert kuma.monitors[0]["notificationIDList"] == [2, 5]
    assert kuma.apply([API], [2]) == ["keep"]


_names = st.sampled_from(["Prediction API", "Workbench", "Prefect", "My blog"])
_urls = st.sampled_from(["http://a/health", "http://b/health"])
_wished = st.lists(st.builds(Monitor, _names, _urls, st.just("ok")), max_size=4, unique_by=lambda one: one.name)
_held = st.lists(
    st.fixed_dictionaries(
        {"name": _names, "url": _urls, "active": st.booleans(), "description": st.sampled_from([MADE_BY, None, "mine"])}
    ),
    max_size=5,
)


@given(_wished, _held, st.sampled_from([[], [1]]))
def test_whatever_is_there_one_pass_is_enough_and_adds_only_what_was_missing(
    wished: list[Monitor], held: list[dict[str, Any]], told: list[int]
) -> None:
    kuma = Kuma(*({"id": number, **one} for number, one in enumerate(held, 1)))
    before = {one["name"] for one in kuma.monitors}
    first = kuma.apply(wished, told)
    assert first.count("add") == len({monitor.name for monitor in wished} - before)
    assert set(kuma.apply(wished, told)) <= {"keep", "report"}
    for monitor in wished:
        same = [one for one in kuma.monitors if one["name"] == monitor.name and one["url"] == monitor.url]
        assert any(one["active"] for one in same)


def test_the_notification_is_added_changed_kept_and_reported() -> None:
    step = plan_discord(HOOK, DISCORD, [])
    assert step is not None and step.verb == "add" and step.fields["discordWebhookUrl"] == HOOK
    held = [{"id": 3, **step.fields}]
    kept, moved, gone = (plan_discord(hook, DISCORD, held) for hook in (HOOK, HOOK + "2", ""))
    assert kept is not None and kept.verb == "keep"
    assert moved is not None and (moved.verb, moved.id) == ("edit", 3)
    assert moved.fields == {"discordWebhookUrl": HOOK + "2"}
    assert gone is not None and gone.verb == "report"
    assert plan_discord("", DISCORD, []) is None


def test_what_is_done_is_said_without_the_secret() -> None:
    done: list[dict[str, Any]] = []
    step = plan_discord(HOOK, DISCORD, [])
    assert step is not None
    said = provision._do(step, "notification", lambda **fields: done.append(fields), print)
    assert "very-secret" not in said
    assert done[0]["type"].value == "discord"


@pytest.mark.parametrize("version", ["1.23.16", "3.0.0", "None", ""])
def test_another_major_version_is_refused(version: str) -> None:
    with pytest.raises(provision.KumaError, match="not supported"):
        provision.check_version(version)
    provision.check_version("2.5.3")
    provision.check_version("2.0.0-dev.0")


def test_a_failure_in_mid_work_is_told_without_password_and_webhook() -> None:
    goal = desired_state(GOOD | {"SHIFUMI_DISCORD_WEBHOOK_URL": HOOK})
    with pytest.raises(provision.KumaError) as caught, provision._explained(goal):
        raise provision.UptimeKumaException(f"no {HOOK}, no {goal.password}")
    assert "very-secret" not in str(caught.value) and goal.password not in str(caught.value)


def test_called_by_its_path_it_says_in_one_line_what_is_wrong() -> None:
    environment = GOOD | {"SHIFUMI_KUMA_URL": f"http://127.0.0.1:{free_port()}", "SHIFUMI_KUMA_WAIT_S": "0.1"}
    command = [sys.executable, "deploy/uptime-kuma/provision.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "does not respond" in done.stderr and "SHIFUMI_KUMA_URL" in done.stderr
    assert "Traceback" not in done.stderr
    refused = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, timeout=120)
    assert (refused.returncode, "SHIFUMI_KUMA_USERNAME" in refused.stderr) == (1, True)


def test_one_that_waits_for_its_database_is_named_at_once() -> None:
    with server(200, '{"type":"setup-database"}') as url:
        goal = desired_state(GOOD | {"SHIFUMI_KUMA_URL": url, "SHIFUMI_KUMA_WAIT_S": "3600"})
        with pytest.raises(provision.KumaError, match="UPTIME_KUMA_DB_TYPE=sqlite"), provision._connected(goal):
            pass
