"""``POST /feedback``: labels that are taken, and every way to get them wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text

from core.api.app import SidecarApp, create_app
from core.auth.roles import SYSTEM, Actor, Role
from core.auth.tokens import create_token, list_tokens
from core.auth.users import set_disabled, set_role
from core.catalog.engine import reading, writing
from core.catalog.feedback_tables import Feedback
from core.config.settings import get_settings
from core.predictions.request_ids import RequestIds, origin
from tests.api.client import Client
from tests.api.problem_shape import assert_problem
from tests.people import make_user

ADA, BOB = Actor("ada", Role.ADMIN), Actor("bob", Role.ADMIN)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def admins() -> None:
    for name in ("ada", "bob", "eve"):  # eve remains when ada is no admin any more
        make_user(name)


def client_of(app: SidecarApp, actor: Actor = ADA, scopes: tuple[str, ...] = ("predict", "feedback")) -> Client:
    secret = create_token(actor, "labels", scopes, days=1)[0]
    app.sidecar.verifier._fresh_until = 0.0  # it reads the new token with the next request
    return Client(app, {"Authorization": f"Bearer {secret}"})


@pytest.fixture
def ada(serving: SidecarApp, admins: None) -> Client:
    return client_of(serving)


def asked(client: Client, row: tuple[float, float] = (3.0, 2.5)) -> tuple[str, int]:
    """A request id, and the class that was told."""
    body = client.post("/predict", json={"features": [row]}).json()
    return body["request_ids"][0], body["classes"][0]


def give(client: Client, request_id: str, label: str | int) -> Any:
    return client.post("/feedback", json={"request_id": request_id, "label": label})


def counts(stored: int = 0, replaced: int = 0, unchanged: int = 0, refused: int = 0) -> dict[str, Any]:
    return {"stored": stored, "replaced": replaced, "unchanged": unchanged, "refused": refused, "problems": []}


def rows() -> list[Feedback]:
    with reading() as session:
        return list(session.scalars(select(Feedback).order_by(Feedback.id)))


def made(owner: str, number_of: int = 1, at: float | None = None, workload: str = "linear") -> list[str]:
    """Request ids as the sidecar makes them."""
    ids, common = RequestIds(), origin(workload, 2, owner, "1")
    return [ids.make(common, at or time.time(), (0.5, float(n))).decode() for n in range(number_of)]


def test_a_label_is_stored_with_what_was_asked_and_answered(ada: Client) -> None:
    request_id, told = asked(ada)
    answer = give(ada, request_id, 1 - told)
    assert (answer.status_code, answer.json()) == (200, counts(stored=1))
    (row,) = rows()
    assert (row.workload, row.version, row.answer, row.label) == ("linear", 2, str(told), str(1 - told))
    assert (row.person, row.features) == (f"token:{list_tokens()[0].id}", [3.0, 2.5])
    assert abs(row.predicted_at.timestamp() - time.time()) < 60


def test_the_same_label_twice_changes_nothing_and_another_replaces_it(ada: Client) -> None:
    request_id, _ = asked(ada)
    assert [give(ada, request_id, label).json() for label in (1, "1", "0", 0)] == [
        counts(stored=1),
        counts(unchanged=1),
        counts(replaced=1),
        counts(unchanged=1),
    ]
    assert [row.label for row in rows()] == ["0"]


def test_labels_of_different_tokens_are_kept_beside_each_other(ada: Client, serving: SidecarApp) -> None:
    request_id, _ = asked(ada)
    second = client_of(serving, scopes=("feedback",))
    assert give(ada, request_id, 1).json() == counts(stored=1)
    assert give(second, request_id, 0).json() == counts(stored=1)
    assert [row.label for row in rows()] == ["1", "0"]
    assert len({row.person for row in rows()}) == 2


def test_who_may_predict_may_not_yet_give_feedback(serving: SidecarApp, client: Client) -> None:
    answer = give(client, made("token:1")[0], 1)
    assert_problem(answer, 403, "scope-missing")
    assert 'scope="feedback"' in answer.headers["www-authenticate"]
    assert_problem(give(Client(serving), made("token:1")[0], 1), 401, "token-refused")
    assert_problem(client_of(serving, SYSTEM, ("feedback",)).post("/predict", json={}), 403, "scope-missing")


@pytest.mark.parametrize("change", ["", "x", "not base64 ~~~~~~~~~~~~", "shorter", "turned"])
def test_an_unknown_request_is_told(ada: Client, change: str) -> None:
    request_id, _ = asked(ada)
    if change == "shorter":
        change = request_id[:-8]
    elif change == "turned":
        change = request_id[::-1]
    assert_problem(give(ada, change, 1), 404, "unknown-request")
    assert rows() == []


def test_a_request_of_another_installation_is_unknown(ada: Client) -> None:
    theirs = RequestIds(b"k" * 64).make(origin("linear", 2, "token:1", "1"), time.time(), (1.0, 2.0)).decode()
    assert "not of this installation" in assert_problem(give(ada, theirs, 1), 404, "unknown-request")["detail"]


def test_a_request_of_another_account_is_foreign(ada: Client, serving: SidecarApp) -> None:
    request_id, _ = asked(ada)
    assert_problem(give(client_of(serving, BOB), request_id, 1), 403, "foreign-request")
    assert_problem(give(ada, made("token:999")[0], 1), 403, "foreign-request")
    assert_problem(give(ada, made("bob")[0], 1), 403, "foreign-request")
    assert rows() == []
    assert give(ada, made("ada")[0], 1).json() == counts(stored=1)  # her own, in the workbench


def test_an_old_request_has_expired(ada: Client) -> None:
    days = get_settings().feedback_days
    owner = f"token:{list_tokens()[0].id}"
    old, young = (made(owner, at=time.time() - days * 86_400 + shift)[0] for shift in (-60, 60))
    assert "older than 30 days" in assert_problem(give(ada, old, 1), 410, "expired-request")["detail"]
    assert give(ada, young, 1).json() == counts(stored=1)


@pytest.mark.parametrize("label", ["2", 2, -1, "", "yes", "0 "])
def test_a_label_that_is_none_of_the_classes_is_refused(ada: Client, label: str | int) -> None:
    request_id, _ = asked(ada)
    assert "0" in assert_problem(give(ada, request_id, label), 422, "unknown-label")["detail"]
    assert rows() == []


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ("", 400, "malformed-json"),
        ('{"request_id": "x"', 400, "malformed-json"),
        (b"\xff", 400, "malformed-json"),
        ("null", 422, "wrong-feedback"),
        ("[]", 422, "wrong-feedback"),
        ("[[]]", 422, "wrong-feedback"),
        ("[" * 100_000, 422, "wrong-feedback"),
        ('{"request_id": "x"}', 422, "wrong-feedback"),
        ('{"request_id": 5, "label": 1}', 422, "wrong-feedback"),
        ('{"request_id": "x", "label": 0.5}', 422, "wrong-feedback"),
        ('{"request_id": "x", "label": null}', 422, "wrong-feedback"),
        ('{"request_id": "x", "label": 1, "person": "bob"}', 422, "wrong-feedback"),
        (" " * 2_000_001, 413, "body-too-large"),
    ],
)
def test_what_is_no_feedback_is_refused(ada: Client, body: str | bytes, status: int, slug: str) -> None:
    assert_problem(ada.post("/feedback", content=body, headers=JSON), status, slug)


def test_other_ways_to_send_it_are_refused(ada: Client) -> None:
    assert_problem(
        ada.post("/feedback", content="{}", headers={"Content-Type": "text/plain"}), 415, "unsupported-media-type"
    )
    assert_problem(ada.get("/feedback"), 405, "method-not-allowed")


def test_of_a_list_the_good_ones_are_taken_and_the_others_told(ada: Client) -> None:
    owner = f"token:{list_tokens()[0].id}"
    good, twice, strange = made(owner, 3)
    (old,) = made(owner, at=1e9)
    sent = [(good, 1), ("x", 1), (twice, 0), (old, 1), (made("bob")[0], 1), (strange, 7), (twice, 1)]
    body = [{"request_id": one, "label": label} for one, label in sent]
    answer = ada.post("/feedback", json=body).json()
    assert {name: answer[name] for name in ("stored", "replaced", "unchanged", "refused")} == {
        "stored": 2,
        "replaced": 0,
        "unchanged": 0,
        "refused": 4,
    }
    assert [(one["index"], one["type"].rpartition(":")[2]) for one in answer["problems"]] == [
        (1, "unknown-request"),
        (3, "expired-request"),
        (4, "foreign-request"),
        (5, "unknown-label"),
    ]
    assert [row.label for row in rows()] == ["1", "1"]  # of two for one request the last one counts
    again = ada.post("/feedback", json=body).json()
    assert (again["stored"], again["unchanged"]) == (0, 2)


def test_a_hundred_thousand_at_once_are_taken_in_bounded_requests_and_no_more_within_the_hour(ada: Client) -> None:
    ids = made(f"token:{list_tokens()[0].id}", 100_000)
    most = get_settings().feedback_max_labels
    bodies = [
        [{"request_id": one, "label": "1"} for one in ids[start : start + most]] for start in range(0, 100_000, most)
    ]
    assert_problem(ada.post("/feedback", json=[{"request_id": "x", "label": 1}] * (most + 1)), 413, "too-many-labels")
    assert [ada.post("/feedback", json=body).json()["stored"] for body in bodies] == [most] * 10
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Feedback)) == 100_000
    refused = ada.post("/feedback", json=bodies[0])
    assert_problem(refused, 429, "rate-limited")
    assert 0 < int(refused.headers["retry-after"]) <= 360  # a tenth of the hour's worth, less what was refilled


def test_the_limit_is_one_of_each_token(serving: SidecarApp, admins: None) -> None:
    serving.sidecar.label_limit.per_hour = 2
    first, second = client_of(serving), client_of(serving)
    given = [give(first, one, 1).status_code for one in made("ada", 3)]
    assert given == [200, 200, 429]
    assert give(second, made("ada")[0], 1).status_code == 200


def test_a_viewer_cannot_poison_with_a_token_of_better_days(ada: Client) -> None:
    request_id, _ = asked(ada)
    assert give(ada, request_id, 1).json() == counts(stored=1)
    set_role(SYSTEM, "ada", Role.VIEWER)
    assert_problem(give(ada, request_id, 0), 403, "role-missing")
    set_role(SYSTEM, "ada", Role.EDITOR)
    assert give(ada, request_id, 0).json() == counts(replaced=1)
    set_disabled(SYSTEM, "ada", True)
    assert_problem(give(ada, request_id, 1), 403, "role-missing")


def test_without_a_catalog_nothing_is_taken_and_it_says_so(ada: Client) -> None:
    request_id, _ = asked(ada)
    with writing() as session:
        session.execute(text("ALTER TABLE feedback RENAME TO hidden"))
    answer = give(ada, request_id, 1)
    assert_problem(answer, 503, "catalog-unavailable")
    assert answer.headers["retry-after"] == "5"


def test_old_labels_make_room(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_FEEDBACK_KEEP", "5")
    get_settings.cache_clear()
    for one in made("ada", 8):
        assert give(ada, one, 1).status_code == 200
    assert [row.id for row in rows()] == [4, 5, 6, 7, 8]


@pytest.fixture
def unloaded(admins: None) -> Iterator[Client]:
    app = create_app(get_settings())
    yield client_of(app)
    app.sidecar.verifier.close()


def test_labels_are_taken_while_no_model_is_loaded(unloaded: Client) -> None:
    assert give(unloaded, made("ada")[0], "0").json() == counts(stored=1)
    assert_problem(give(unloaded, made("ada")[0], "7"), 422, "unknown-label")
    assert_problem(give(unloaded, made("ada", workload="gone")[0], "7"), 422, "unknown-label")
