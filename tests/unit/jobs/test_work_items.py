"""Work items on both engines: one claim wins, only the holder writes, nothing is lost and nothing happens twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from core.catalog.engine import writing
from core.catalog.tables import utcnow
from core.catalog.work_tables import WorkItem
from core.config.messages import message_of, say
from core.config.settings import get_settings
from core.jobs import jobs, work_errors, work_items
from tests.workers import a_job


@pytest.fixture(autouse=True)
def two_attempts(either_engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_CELERY_MAX_ATTEMPTS", "2")
    get_settings.cache_clear()


def put() -> WorkItem:
    return work_items.enqueue(a_job().id, "train", {"workload": "linear"}, "default")


def claimed(item: WorkItem, worker: str = "one") -> WorkItem:
    found = work_items.claim(item.id, worker)
    assert found is not None
    return found


def now(item: WorkItem) -> WorkItem:
    found = work_items.get(item.id)
    assert found is not None
    return found


def let_the_lease_run_out(item: WorkItem) -> None:
    with writing() as session:
        past = utcnow() - timedelta(seconds=1)
        session.execute(update(WorkItem).where(WorkItem.id == item.id).values(lease_until=past))


def test_a_claimed_item_says_who_has_it_and_until_when() -> None:
    job = a_job()
    item = work_items.enqueue(job.id, "train", {"workload": "linear"}, "gpu")
    kept = now(item)
    assert (kept.job_id, kept.kind, kept.arguments, kept.queue) == (job.id, "train", {"workload": "linear"}, "gpu")
    assert (kept.state, kept.attempts, kept.worker) == (work_items.WAITING, 0, "")
    assert work_items.running_of(job.id) is None
    begun = utcnow()
    taken = claimed(item, "far-away")
    assert (taken.state, taken.attempts, taken.worker) == (work_items.RUNNING, 1, "far-away")
    assert taken.message == (say("work.taken", worker="far-away"),)
    assert taken.lease_until is not None and taken.started_at is not None and taken.started_at >= begun
    lease = timedelta(seconds=get_settings().celery_lease_s)
    assert begun + lease <= taken.lease_until <= utcnow() + lease
    running = work_items.running_of(job.id)
    assert running is not None and running.id == item.id
    assert work_items.running_of("another job") is None


def test_what_has_ended_belongs_to_nobody() -> None:
    job = a_job()
    done, failed, dropped = (work_items.enqueue(job.id, "train", {}, "default") for _ in range(3))
    done, failed = claimed(done), claimed(failed)
    work_items.complete(done.id, done.lease_owner or "", {"version": 1})
    work_items.fail(failed.id, failed.lease_owner or "", {"name": "ValueError"})
    assert work_items.cancel(dropped.id) and not work_items.cancel(dropped.id)
    ended = [now(one) for one in (done, failed, dropped)]
    assert [one.state for one in ended] == [work_items.DONE, work_items.FAILED, work_items.CANCELLED]
    assert all(one.lease_owner is None and one.lease_until is None and one.finished_at is not None for one in ended)
    assert (ended[0].result, ended[0].progress, ended[1].error) == ({"version": 1}, 1.0, {"name": "ValueError"})


def test_what_is_given_back_waits_again_and_says_so() -> None:
    item = claimed(put())
    assert work_items.release(item.id, item.lease_owner or "", blameless=True)
    assert now(item).message == (say("work.waiting_again"),)
    assert now(item).lease_owner is None and now(item).lease_until is None


def test_only_what_runs_can_be_asked_to_stop() -> None:
    item = put()
    assert not work_items.request_stop(item.id, "ed")
    claimed(item)
    assert work_items.request_stop(item.id, "ed") and now(item).stop_asked_by == "ed"


def test_somebody_else_is_told_that_the_lease_is_lost() -> None:
    item = claimed(put())
    with pytest.raises(work_items.LeaseLostError) as refusal:
        work_items.report_progress(item.id, "somebody else", progress=0.9)
    assert message_of(refusal.value) == say("work.lease_lost")
    work_items.report_progress(item.id, item.lease_owner or "", progress=0.9)
    assert now(item).progress == 0.9


def test_of_many_bells_at_once_one_is_answered() -> None:
    item, ready = put(), Barrier(8)

    def answer(number: int) -> WorkItem | None:
        ready.wait(timeout=30)
        return work_items.claim(item.id, f"worker-{number}")

    with ThreadPoolExecutor(8) as pool:
        (winner,) = [found for found in pool.map(answer, range(8)) if found is not None]
    assert now(item).worker == winner.worker
    assert now(item).attempts == 1
    assert work_items.claim(item.id, "late") is None, "a duplicate notification has no effect"


def test_of_many_that_take_over_one_wins_and_the_first_may_not_write_any_more() -> None:
    first = claimed(put(), "first")
    let_the_lease_run_out(first)
    ready = Barrier(6)

    def take(number: int) -> WorkItem | None:
        ready.wait(timeout=30)
        return work_items.claim(first.id, f"worker-{number}")

    with ThreadPoolExecutor(6) as pool:
        (second,) = [found for found in pool.map(take, range(6)) if found is not None]
    assert first.lease_owner is not None and second.lease_owner is not None
    assert not work_items.renew(first.id, first.lease_owner)
    assert not work_items.complete(first.id, first.lease_owner, {"version": 1})
    assert not work_items.fail(first.id, first.lease_owner, {})
    assert not work_items.release(first.id, first.lease_owner, blameless=True)
    with pytest.raises(work_items.LeaseLostError):
        work_items.report_progress(first.id, first.lease_owner, progress=0.9)
    assert work_items.complete(second.id, second.lease_owner, {"version": 2})
    assert not work_items.complete(second.id, second.lease_owner, {"version": 3}), "ended once"
    assert (now(first).state, now(first).result) == (work_items.DONE, {"version": 2})


def test_a_lease_that_is_renewed_is_not_taken() -> None:
    item = claimed(put())
    let_the_lease_run_out(item)
    assert work_items.expired(now(item))
    assert item.lease_owner is not None and work_items.renew(item.id, item.lease_owner)
    assert not work_items.expired(now(item))
    assert work_items.claim(item.id, "two") is None


def test_after_the_last_attempt_it_fails_in_words_and_not_before() -> None:
    item = put()
    for attempt in (1, 2):
        assert not work_items.out_of_attempts(now(item))
        claimed(item, f"worker-{attempt}")
        assert not work_items.out_of_attempts(now(item)), "somebody is at it"
        let_the_lease_run_out(item)
    assert work_items.claim(item.id, "third") is None
    assert work_items.out_of_attempts(now(item))
    assert work_items.give_up(now(item), work_errors.packed(work_items.lease_lost(now(item))))
    error = work_errors.unpacked(now(item).error)
    assert isinstance(error, work_items.WorkLostError)
    assert "killed or crashed 2 times, last on worker-2" in str(error)


def test_giving_up_loses_against_a_worker_that_is_alive_after_all() -> None:
    item = claimed(put())
    let_the_lease_run_out(item)
    seen = now(item)
    assert item.lease_owner is not None and work_items.renew(item.id, item.lease_owner)
    assert not work_items.give_up(seen, {})
    assert now(item).state == work_items.RUNNING


@pytest.mark.parametrize(("blameless", "attempts"), [(True, 0), (False, 1)])
def test_a_worker_that_is_stopped_gives_its_work_back_without_blame(blameless: bool, attempts: int) -> None:
    item = claimed(put())
    assert item.lease_owner is not None and work_items.release(item.id, item.lease_owner, blameless=blameless)
    assert (now(item).state, now(item).attempts) == (work_items.WAITING, attempts)
    assert claimed(item, "two").worker == "two"


@pytest.mark.parametrize("outcome", [jobs.CANCELLED, jobs.CRASHED, jobs.FAILED])
def test_with_its_job_ends_what_it_had_handed_over(outcome: str) -> None:
    job = a_job()
    waiting = work_items.enqueue(job.id, "train", {}, "default")
    running = claimed(work_items.enqueue(job.id, "train", {}, "default"))
    assert jobs.finish(job.id, outcome, say("job.done"))
    assert now(waiting).state == now(running).state == work_items.CANCELLED
    assert running.lease_owner is not None and not work_items.renew(running.id, running.lease_owner)
    assert work_items.claim(waiting.id, "one") is None
    with pytest.raises(LookupError, match="already ended"):
        work_items.enqueue(job.id, "train", {}, "default")


def test_a_job_that_had_ended_leaves_what_was_done_alone() -> None:
    job = a_job()
    item = claimed(work_items.enqueue(job.id, "train", {}, "default"))
    assert item.lease_owner is not None and work_items.complete(item.id, item.lease_owner, {"version": 1})
    jobs.finish(job.id, jobs.COMPLETED, say("job.done"))
    assert now(item).state == work_items.DONE
    assert not work_items.cancel(item.id)
