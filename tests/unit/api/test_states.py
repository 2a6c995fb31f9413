"""What the sidecar says about itself from memory: health, requests, the tokens that pass."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.api import problems
from core.api.catalog_probe import CatalogProbe
from core.api.health import Component, ModelComponent, health
from core.api.problems import Problem
from core.api.route_meter import RouteMeter
from core.api.token_check import TokenGate, check_token
from core.auth.tokens import ScopeMissingError, TokenIdentity, TokenMissingError, TokenRevokedError
from core.catalog.engine import CatalogUnavailableError
from core.config.settings import Settings, get_settings
from core.models import registry
from core.models.serving import Served
from core.workloads import DEFAULT
from tests.async_runs import run_async


def watcher(state: str, version: int | None = None, refused: int | None = None) -> Any:
    served = None
    if version is not None:
        shipped = registry.starter_version(DEFAULT)
        made = registry.Version(DEFAULT, version, "r", 1, "a", "f", "s", shipped.created_at, ())
        served = Served(made, object(), datetime.now(UTC))
    return SimpleNamespace(state=state, current=served, refused=refused, problem="secret")


def told(state: str, version: int | None = None, refused: int | None = None) -> ModelComponent:
    watchers = {DEFAULT: watcher(state, version, refused)}
    return health(watchers, LOG, PULSE).components.model


LOG: Any = SimpleNamespace(problem=None, queued=0, dropped=0)
PULSE: Any = SimpleNamespace(checked=True, problem=None)


@pytest.mark.parametrize(
    ("given", "state", "words", "version"),
    [
        (("starting",), "starting", "being loaded", None),
        (("idle",), "idle", "with the first request", None),
        (("serving", 3), "healthy", "", 3),
        (("no-champion",), "empty", "train a model on the Train page.", None),
        (("no-champion", 3), "unhealthy", "train a model on the Train page. Version 3 keeps serving.", 3),
        (("refused", 3, 4), "unhealthy", "Version 4 is damaged and was rejected", 3),
        (("refused", None, 4), "unhealthy", "or roll back.", None),
        (("unreachable", 3), "unhealthy", "details. Version 3 keeps serving.", 3),
        (("unreachable", 0), "unhealthy", "shows details.", 0),
    ],
)
def test_how_a_model_fares(given: tuple[Any, ...], state: str, words: str, version: int | None) -> None:
    found = told(*given)
    assert (found.state, found.version) == (state, version)
    assert found.detail.endswith(words) or words in found.detail
    assert ("keeps serving" in found.detail) == (state == "unhealthy" and bool(version))
    assert "secret" not in found.detail


def test_one_ill_part_degrades_the_whole() -> None:
    well = {DEFAULT: watcher("serving", 3), "other": watcher("no-champion")}
    assert health(well, LOG, PULSE).status == "ok"
    assert set(health(well, LOG, PULSE).components.models) == {DEFAULT, "other"}
    assert health({**well, "other": watcher("unreachable")}, LOG, PULSE).status == "degraded"
    full: Any = SimpleNamespace(problem="disk", queued=1_200, dropped=3)
    ill = health(well, full, PULSE)
    assert ill.status == "degraded"
    words = "The log cannot be written; 1,200 waiting, 3 dropped. Predictions continue."
    assert ill.components.prediction_log == Component(state="unhealthy", detail=words)


def test_how_the_catalog_fares() -> None:
    def catalog(looked: bool, problem: str | None) -> str:
        pulse: Any = SimpleNamespace(checked=looked, problem=problem)
        found = health({DEFAULT: watcher("serving", 3)}, LOG, pulse)
        assert found.status == ("degraded" if problem else "ok")
        return found.components.catalog.state

    assert [catalog(False, None), catalog(True, None), catalog(True, "away")] == ["starting", "healthy", "unhealthy"]


def test_the_pulse_notices_that_the_catalog_goes_and_comes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = CatalogProbe()
    assert (pulse.checked, pulse.problem) == (False, None)
    pulse.check()
    assert (pulse.checked, pulse.problem) == (True, None)
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", f"sqlite:///{settings.data_dir.as_posix()}/none/catalog.db")
    get_settings.cache_clear()
    pulse.check()
    assert pulse.problem
    monkeypatch.delenv("SHIFUMI_DATABASE_URL")
    get_settings.cache_clear()
    pulse.check()
    assert pulse.problem is None


def test_requests_are_counted_by_route_status_and_time() -> None:
    meter = RouteMeter()
    for seconds in (0.0001, 0.0002, 0.3, 99.0):
        meter.count("/predict", 200, seconds)
    meter.count("/predict", 422, 0.0001)
    meter.count("/health", 200, 0.0)
    meter.predicted("linear", 3)
    meter.predicted("linear", 4)
    requests, times, rows = meter.collect()
    counted = {tuple(one.labels.values()): one.value for one in requests.samples}
    assert counted == {("/predict", "200"): 4, ("/predict", "422"): 1, ("/health", "200"): 1}
    predict = [one for one in times.samples if one.labels["route"] == "/predict"]
    buckets = {one.labels["le"]: one.value for one in predict if one.name.endswith("_bucket")}
    assert (buckets["0.0002"], buckets["0.0005"], buckets["0.25"], buckets["1.0"]) == (3, 3, 3, 4)
    assert (buckets["10.0"], buckets["+Inf"]) == (4, 5)
    (seconds,) = [one.value for one in predict if one.name.endswith("_sum")]
    assert seconds == pytest.approx(99.3004)
    assert [(one.labels["workload"], one.value) for one in rows.samples] == [("linear", 7)]


class Verifier:
    """Answers as the test says; ``asked`` are the tokens."""

    def __init__(self, error: Exception | None = None, good_for_s: float = 60.0, fresh: bool = True) -> None:
        self.error, self.good_for_s, self.fresh = error, good_for_s, fresh
        self.asked: list[tuple[str | None, str]] = []

    def good_until(self, token: str | None, scope: str) -> tuple[TokenIdentity, float]:
        return self.verify(token, scope), time.monotonic() + self.good_for_s

    def verify(self, token: str | None, scope: str) -> TokenIdentity:
        self.asked.append((token, scope))
        if self.error:
            raise self.error
        return TokenIdentity(7, "tests", frozenset({scope}))


def gate(verifier: Verifier) -> TokenGate:
    return TokenGate(verifier)  # type: ignore[arg-type]


def test_a_good_header_is_remembered_while_it_holds() -> None:
    verifier = Verifier()
    door = gate(verifier)
    assert [door.passes(b"Bearer a") for _ in range(3)] == ["token:7"] * 3
    assert verifier.asked == [("a", "predict")]
    verifier.fresh = False
    assert door.passes(b"Bearer a") and not door.passes(b"Bearer b")
    short = Verifier(good_for_s=-1.0)
    door = gate(short)
    assert door.passes(b"Bearer a") and door.passes(b"Bearer a")
    assert len(short.asked) == 2


def test_no_more_than_a_thousand_headers_are_remembered() -> None:
    verifier = Verifier()
    door = gate(verifier)
    for number in range(1_000):
        door.passes(b"Bearer %d" % number)
    assert door.passes(b"Bearer 0") and len(verifier.asked) == 1_000
    door.passes(b"Bearer more")
    door.passes(b"Bearer 0")
    assert len(verifier.asked) == 1_002


@pytest.mark.parametrize(
    ("error", "kind", "challenge"),
    [
        (TokenMissingError, problems.TOKEN_REFUSED, 'Bearer realm="shifumi"'),
        (TokenRevokedError, problems.TOKEN_REFUSED, 'Bearer realm="shifumi", error="invalid_token"'),
        (
            ScopeMissingError,
            problems.SCOPE_MISSING,
            'Bearer realm="shifumi", error="insufficient_scope", scope="predict"',
        ),
    ],
)
def test_a_refused_token_is_challenged(error: type[Any], kind: problems.Kind, challenge: str) -> None:
    made = error("predict") if error is ScopeMissingError else error()
    for action in (
        lambda: gate(Verifier(made)).passes(b"Bearer a"),
        lambda: run_async(check_token(Verifier(made), b"Bearer a")),  # type: ignore[arg-type]
    ):
        with pytest.raises(Problem) as refusal:
            action()
        assert refusal.value.kind is kind
        assert refusal.value.detail == made.detail
        assert refusal.value.headers == (("www-authenticate", challenge),)


def test_a_catalog_that_is_away_is_asked_again_and_then_told() -> None:
    away = Verifier(CatalogUnavailableError("away"))
    assert not gate(away).passes(b"Bearer a")
    with pytest.raises(Problem) as refusal:
        run_async(check_token(away, b"Bearer a"))  # type: ignore[arg-type]
    assert refusal.value.kind is problems.CATALOG_UNAVAILABLE
    assert refusal.value.headers == problems.RETRY
    good = Verifier()
    run_async(check_token(good, b"Bearer a"))  # type: ignore[arg-type]
    assert good.asked == [("a", "predict")]
