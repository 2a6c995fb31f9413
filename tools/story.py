"""Creates the data that the screenshots show, with the real product: a few days of an installation in a minute."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import httpx

from core.auth import passwords, tokens, users
from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.tables import Job
from core.config.settings import get_settings
from core.jobs import flow_control, jobs, prefect_api
from core.predictions import files as prediction_files
from tools.hands_story import tell_of_hands
from tools.scratch_stack import wait_for

EDITOR = Actor("grace", Role.EDITOR)

CHAPTERS: tuple[dict[str, Any], ...] = (
    {"seed": 1},
    {"seed": 2},
    {"seed": 3, "angle": 100.0},
    {"seed": 4, "angle": 100.0},
    {"seed": 5, "angle": 100.0, "offset": 1.2},
    {"seed": 6, "angle": 100.0, "offset": 1.2},
)
"""The choices of each dataset: a world that turns, and later moves."""


def tell() -> None:
    """Let it happen on the running stack. Raises ``TimeoutError`` when a run does not end."""
    _people()
    for choices in CHAPTERS:
        _generate_and_check(choices)
    _ask_over_http()
    _ask_with_a_file()
    _exercise()
    tell_of_hands(EDITOR)


def _people() -> None:
    for name, full, role in (("grace", "Grace Hopper", Role.EDITOR), ("vera", "Vera Rubin", Role.VIEWER)):
        users.add_user(SYSTEM, name, full, role, passwords.generate_password())


def _generate_and_check(choices: dict[str, Any]) -> None:
    checks = len(_ended(jobs.CHECK))
    jobs.submit(EDITOR, jobs.GENERATE, "linear", {"choices": {"rows": 10_000, **choices}})
    wait_for(lambda: len(_ended(jobs.CHECK)) > checks, f"the check on {choices}")


def _ended(kind: str) -> list[Job]:
    return [job for job in jobs.listed(kind, limit=100) if job.finished_at is not None]


def _ask_over_http() -> None:
    secret, _ = tokens.create_token(SYSTEM, "nightly batch", ["predict"], 90)
    tokens.create_token(SYSTEM, "dashboard", ["predict"], 30)
    for point in ([0.5, 0.5], [-1.0, 0.2], [1.4, -0.3]):
        httpx.post(
            f"{get_settings().sidecar_url}/predict",
            json={"features": [point] * 20},
            headers={"Authorization": f"Bearer {secret}"},
        ).raise_for_status()


def _ask_with_a_file() -> None:
    """As the admin, who takes the pictures."""
    admin = Actor(get_settings().admin_username, Role.ADMIN)
    rows = "".join(f"sample-{i:03},{i / 50 - 4:.2f},{(i * 37 % 80) / 20 - 2:.2f}\n" for i in range(400))
    upload = prediction_files.save_upload(admin, "linear", BytesIO(f"name,x1,x2\n{rows}".encode()))
    jobs.submit(admin, jobs.PREDICT_FILE, "linear", {"upload": upload})
    wait_for(lambda: _ended(jobs.PREDICT_FILE), "the file's answer")


def _exercise() -> None:
    """Two tosses of the course's coin, so that the list of runs has more than one kind."""
    exercise = next(one for one in flow_control.deployments() if one.flow == flow_control.RANDOM_CHECK)
    for _ in range(2):
        run_id = flow_control.run_now(EDITOR, exercise)
        wait_for(lambda run_id=run_id: prefect_api.get_run(run_id).terminal, "random-check")  # type: ignore[misc]
