import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from core.auth import audit, token_verifier, tokens
from core.auth.roles import ForbiddenError, Role
from core.auth.tokens import (
    ScopeMissingError,
    TokenExpiredError,
    TokenInvalidError,
    TokenMissingError,
    TokenRefusedError,
    TokenRevokedError,
    TokenVerifier,
    create_token,
)
from core.catalog.engine import CatalogUnavailableError, get_engine, reading, writing
from core.catalog.tables import ApiToken
from core.config.settings import Settings
from tests.people import make_user
from tests.waiting import wait_until


@pytest.fixture
def checker() -> Iterator[TokenVerifier]:
    checker = TokenVerifier()
    yield checker
    checker.close()


def last_used(token_id: int) -> datetime | None:
    with reading() as session:
        return session.get_one(ApiToken, token_id).last_used_at


def test_the_secret_opens_and_is_not_kept(checker: TokenVerifier, settings: Settings) -> None:
    secret, token = create_token(make_user(), "notebook", ["predict"], None)
    identity = checker.verify(secret, "predict")
    assert (identity.id, identity.name) == (token.id, "notebook")
    assert secret.startswith("shf_")
    assert len(secret) == 4 + 43  # 32 bytes in base64
    assert token.prefix == secret[:12]
    for file in Path(settings.data_dir).glob("catalog.db*"):
        assert secret.encode() not in file.read_bytes()


def test_two_tokens_differ() -> None:
    admin = make_user()
    assert create_token(admin, "a", ["predict"], 1)[0] != create_token(admin, "a", ["predict"], 1)[0]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_admins_make_and_revoke(role: Role) -> None:
    _, token = create_token(make_user("ada"), "a", ["predict"], None)
    other = make_user("bob", role)
    with pytest.raises(ForbiddenError):
        create_token(other, "b", ["predict"], None)
    with pytest.raises(ForbiddenError):
        tokens.revoke_token(other, token.id)
    assert [(t.name, t.revoked_at) for t in tokens.list_tokens()] == [("a", None)]


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", ["predict"], 1),
        ("x" * 65, ["predict"], 1),
        ("a", [], 1),
        ("a", ["root"], 1),
        ("a", ["predict"], 0),
        ("a", ["predict"], 3651),
    ],
)
def test_senseless_tokens_are_refused(name: str, scopes: list[str], days: float) -> None:
    with pytest.raises(TokenRefusedError):
        create_token(make_user(), name, scopes, days)
    assert tokens.list_tokens() == []


def test_ten_years_are_the_longest_life() -> None:
    _, token = create_token(make_user(), "x" * 64, ["predict"], 3650)
    assert token.expires_at is not None
    assert abs(token.expires_at - datetime.now(UTC) - timedelta(days=3650)) < timedelta(minutes=5)


def test_a_second_revocation_changes_nothing() -> None:
    """When a token was revoked, and by whom, stays what it was."""
    admin = make_user()
    _, token = create_token(admin, "real", ["predict"], None)
    tokens.revoke_token(admin, token.id)
    first = tokens.list_tokens()[0].revoked_at
    assert first is not None
    tokens.revoke_token(make_user("eve"), token.id)
    assert tokens.list_tokens()[0].revoked_at == first
    assert [event.actor for event in audit.latest(action="token.revoke")] == [admin.username]


@pytest.mark.parametrize("secret", [None, ""])
def test_no_token(checker: TokenVerifier, secret: str | None) -> None:
    with pytest.raises(TokenMissingError, match="Authorization: Bearer"):
        checker.verify(secret, "predict")


@pytest.mark.parametrize("secret", ["shf_", "shf_" + "A" * 43, "x" * 100_000, "\udcff", "ü"])
def test_an_invented_token(checker: TokenVerifier, secret: str) -> None:
    create_token(make_user(), "real", ["predict"], None)
    with pytest.raises(TokenInvalidError) as caught:
        checker.verify(secret, "predict")
    assert secret not in caught.value.detail


def test_the_stored_hash_does_not_open(checker: TokenVerifier) -> None:
    _, token = create_token(make_user(), "real", ["predict"], None)
    with pytest.raises(TokenInvalidError):
        checker.verify(token.sha256, "predict")


def test_the_wrong_scope(checker: TokenVerifier) -> None:
    secret, _ = create_token(make_user(), "real", ["predict"], None)
    with pytest.raises(ScopeMissingError, match="'train'"):
        checker.verify(secret, "train")


def test_expiry_is_honoured_even_from_the_copy(checker: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = create_token(make_user(), "real", ["predict"], 1)
    checker.verify(secret, "predict")
    later = time.time() + timedelta(days=1, seconds=1).total_seconds()
    monkeypatch.setattr(token_verifier.time, "time", lambda: later)
    with pytest.raises(TokenExpiredError):
        checker.verify(secret, "predict")


class Clock:
    """The verifier's own time, which passes when the test says so."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(token_verifier, "time", clock)
    return clock


def test_a_revocation_works_within_a_second(clock: Clock, checker: TokenVerifier) -> None:
    admin = make_user()
    secret, token = create_token(admin, "real", ["predict"], None)
    checker.verify(secret, "predict")
    tokens.revoke_token(admin, token.id)
    clock.now += 0.9
    assert checker.verify(secret, "predict").id == token.id, "the catalog was asked for every request"
    clock.now += 0.1
    with pytest.raises(TokenRevokedError):
        checker.verify(secret, "predict")


def test_a_new_token_works_within_a_second(clock: Clock, checker: TokenVerifier) -> None:
    admin = make_user()
    first, _ = create_token(admin, "first", ["predict"], None)
    checker.verify(first, "predict")
    second, _ = create_token(admin, "second", ["predict"], None)
    with pytest.raises(TokenInvalidError):
        checker.verify(second, "predict")
    clock.now += 1.0
    assert checker.verify(second, "predict").name == "second"


def test_the_last_use_is_written_once_a_minute(clock: Clock, checker: TokenVerifier) -> None:
    secret, token = create_token(make_user(), "real", ["predict"], None)
    checker.verify(secret, "predict")
    clock.now += 59
    checker.verify(secret, "predict")
    clock.now += 1.5
    checker.verify(secret, "predict")
    wait_until(lambda: last_used(token.id), what="the time of last use, a minute after the start")


def test_a_dead_catalog_lets_nobody_pass(checker: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = create_token(make_user(), "real", ["predict"], None)
    with writing() as session:
        session.execute(update(ApiToken).values(name="moved"))
        session.connection().exec_driver_sql("ALTER TABLE api_tokens RENAME TO elsewhere")
    with pytest.raises(CatalogUnavailableError):
        checker.verify(secret, "predict")


def test_last_use_is_written_at_close() -> None:
    admin = make_user()
    secret, token = create_token(admin, "real", ["predict"], None)
    _, unused = create_token(admin, "unused", ["predict"], None)
    checker = TokenVerifier()
    checker.verify(secret, "predict")
    assert last_used(token.id) is None, "the hot path wrote to the catalog"
    checker.close()
    assert last_used(unused.id) is None
    first = last_used(token.id)
    assert first is not None
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=5)


def test_the_last_use_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes write it: the one that saw the token earlier may write later."""
    secret, token = create_token(make_user(), "real", ["predict"], None)
    early, late, now = TokenVerifier(), TokenVerifier(), time.time()
    for one, moment in ((early, now - 100), (late, now)):
        monkeypatch.setattr(token_verifier.time, "time", lambda moment=moment: moment)
        one.verify(secret, "predict")
    late.close()
    early.close()
    written = last_used(token.id)
    assert written is not None and abs(written.timestamp() - now) < 1


def test_only_a_good_request_is_a_use() -> None:
    """Refused ones would make a stolen, revoked token look alive; and what was not used is not written."""
    admin = make_user()
    secret, token = create_token(admin, "real", ["predict"], None)
    _, other = create_token(admin, "other", ["predict"], None)
    checker = TokenVerifier()
    with pytest.raises(ScopeMissingError):
        checker.verify(secret, "train")
    checker.close()
    assert (last_used(token.id), last_used(other.id)) == (None, None)


def test_verifying_asks_the_catalog_once_a_second_at_most(clock: Clock, checker: TokenVerifier) -> None:
    """A look into a dictionary costs microseconds, a query a few hundred of them."""
    secret, _ = create_token(make_user(), "real", ["predict"], None)
    asked: list[str] = []
    event.listen(get_engine(), "before_cursor_execute", lambda *about: asked.append(about[2]))
    for _ in range(3):
        for _ in range(1_000):
            checker.verify(secret, "predict")
        clock.now += token_verifier.MAX_AGE_S
    assert len([text for text in asked if "api_tokens" in text]) == 3


def test_creation_and_revocation_are_audited() -> None:
    admin = make_user()
    secret, token = create_token(admin, "notebook", ["predict"], 30)
    tokens.revoke_token(admin, token.id)
    events = audit.latest(actor="ada")
    assert [event.action for event in events] == ["token.revoke", "token.create"]
    assert secret not in repr([event.details for event in events])
    with reading() as session:
        assert session.scalars(select(ApiToken)).one().created_by == "ada"
