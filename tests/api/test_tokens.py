"""Who may predict."""

import asyncio
import os
import threading
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import text

from core.api import token_check
from core.api.app import SidecarApp
from core.api.problems import Problem
from core.auth import token_verifier
from core.auth.roles import SYSTEM
from core.auth.tokens import TokenVerifier, create_token, list_tokens, revoke_token
from core.catalog.engine import get_engine, writing
from core.catalog.tables import ApiToken, utcnow
from core.config.settings import Settings
from tests.api.client import Client
from tests.api.problem_shape import assert_problem
from tests.async_runs import run_async
from tests.waiting import wait_until

POINT = {"features": [[1, 2]]}


def _ask(app: SidecarApp, authorization: str | None) -> Response:
    return Client(app).post("/predict", json=POINT, headers={"Authorization": authorization} if authorization else {})


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "shf_without_scheme"])
def test_no_token_no_answer(serving: SidecarApp, authorization: str | None) -> None:
    answer = _ask(serving, authorization)
    assert_problem(answer, 401, "token-refused")
    assert answer.headers["www-authenticate"] == 'Bearer realm="shifumi"'


def test_the_scheme_may_be_written_in_any_case(serving: SidecarApp, secret: str) -> None:
    assert _ask(serving, f"bEaReR {secret}").status_code == 200


def test_an_invented_token_is_refused(serving: SidecarApp) -> None:
    answer = _ask(serving, "Bearer shf_invented")
    assert_problem(answer, 401, "token-refused")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "shf_invented" not in answer.text


def test_an_expired_token_is_refused(serving: SidecarApp, secret: str) -> None:
    with writing() as session:
        session.get_one(ApiToken, list_tokens()[0].id).expires_at = utcnow() - timedelta(seconds=1)
    assert "expired" in assert_problem(_ask(serving, f"Bearer {secret}"), 401, "token-refused")["detail"]


def test_a_revoked_token_stops_working_within_two_seconds(serving: SidecarApp, secret: str) -> None:
    assert _ask(serving, f"Bearer {secret}").status_code == 200
    revoke_token(SYSTEM, list_tokens()[0].id)
    refused = wait_until(lambda: (a := _ask(serving, f"Bearer {secret}")).status_code != 200 and a)
    assert token_verifier.MAX_AGE_S <= 1
    assert "revoked" in assert_problem(refused, 401, "token-refused")["detail"]


def test_a_token_that_passed_expires_on_time(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What passed is remembered, but never past the end of the token."""
    with writing() as session:
        session.get_one(ApiToken, list_tokens()[0].id).expires_at = utcnow() + timedelta(seconds=0.4)
    monkeypatch.setattr(token_verifier, "MAX_AGE_S", 3600.0)
    checker = TokenVerifier()
    gate, header = token_check.TokenGate(checker), f"Bearer {secret}".encode()
    checker.verify(secret, "predict")
    assert gate.passes(header)

    def refused() -> Problem | None:
        try:
            assert gate.passes(header)
        except Problem as problem:
            return problem
        return None

    assert "expired" in wait_until(refused, timeout=10).detail
    checker.close()


def test_one_token_in_many_spellings_is_remembered_a_thousand_times(secret: str) -> None:
    checker = TokenVerifier()
    checker.verify(secret, "predict")
    checker._fresh_until += 3600
    gate = token_check.TokenGate(checker)
    for spaces in range(2_500):
        assert gate.passes(b"Bearer " + b" " * spaces + secret.encode())
    assert len(gate._known) <= 1_000
    for stranger in range(10):
        with pytest.raises(Problem):
            gate.passes(b"Bearer shf_%d" % stranger)
    assert not any(b"shf_0" in (header or b"") for header in gate._known)
    checker.close()


def test_a_token_for_something_else_is_refused(serving: SidecarApp, secret: str) -> None:
    with writing() as session:
        session.get_one(ApiToken, list_tokens()[0].id).scopes = ["other"]
    answer = _ask(serving, f"Bearer {secret}")
    assert_problem(answer, 403, "scope-missing")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_without_a_catalog_nobody_passes_and_it_says_so(serving: SidecarApp) -> None:
    secret = create_token(SYSTEM, "tests", ["predict"], days=1)[0]
    with writing() as session:
        session.execute(text("ALTER TABLE api_tokens RENAME TO hidden"))
    answer = _ask(serving, f"Bearer {secret}")
    assert_problem(answer, 503, "catalog-unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_a_catalog_that_hangs_holds_up_nobody_else(
    serving: SidecarApp, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewing, released = threading.Event(), threading.Event()
    monkeypatch.setattr(token_check, "_VERIFY_WITHIN_S", 0.3)
    monkeypatch.setattr(serving.sidecar.verifier, "_renew", lambda: renewing.set() or released.wait(60))

    async def ask() -> None:
        async with AsyncClient(transport=ASGITransport(serving), base_url="http://sidecar") as client:
            pending = asyncio.create_task(
                client.post("/predict", json=POINT, headers={"Authorization": f"Bearer {secret}"})
            )
            await asyncio.sleep(0)
            assert (await client.get("/health")).status_code == 200
            assert_problem(await pending, 503, "catalog-unavailable")
            assert renewing.is_set() and not released.is_set(), "it was answered while the catalog hung"
            released.set()

    run_async(ask())


def test_a_token_is_asked_for_before_the_body_is_looked_at(serving: SidecarApp) -> None:
    """Strangers learn nothing about limits and shapes, and nothing of theirs is kept in memory."""
    answer = Client(serving).post("/predict", content=b"x" * 3_000_000, headers={"Content-Type": "text/plain"})
    assert_problem(answer, 401, "token-refused")


@pytest.mark.parametrize("left", [0, 100, 5000, 0.5])
def test_a_catalog_that_is_truncated_while_it_is_open_is_a_503(
    serving: SidecarApp, secret: str, settings: Settings, left: float
) -> None:
    assert _ask(serving, f"Bearer {secret}").status_code == 200
    with writing() as session:
        session.execute(text("UPDATE api_tokens SET last_used_at = NULL"))
    path = settings.data_dir / "catalog.db"
    os.truncate(path, int(left if left >= 1 or not left else path.stat().st_size * left))
    (settings.data_dir / "catalog.db-wal").unlink(missing_ok=True)
    get_engine().dispose()  # its page cache would answer for a while
    for _ in range(3):
        answer = wait_until(lambda: (a := _ask(serving, f"Bearer {secret}")).status_code != 200 and a)
        assert_problem(answer, 503, "catalog-unavailable")
