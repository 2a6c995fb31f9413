import pytest

from core.auth import audit
from core.auth.roles import Actor, Role
from core.catalog.engine import writing

ADA = Actor("ada", Role.ADMIN)
BOB = Actor("bob", Role.EDITOR)


def subjects(**filters: object) -> list[str]:
    return [event.subject for event in audit.latest(**filters)]  # type: ignore[arg-type]


def test_newest_first_in_pages_and_filtered() -> None:
    for number in range(5):
        audit.record_event(ADA if number % 2 else BOB, "thing.done", str(number), size=number)
    audit.record_event(BOB, "other.done", "x")
    assert subjects(limit=2) == ["x", "4"]
    assert subjects(limit=2, offset=2) == ["3", "2"]
    assert subjects(actor="ada") == ["3", "1"]
    assert subjects(actor="bob", action="thing.done") == ["4", "2", "0"]
    assert (audit.count(), audit.count(actor="ada"), audit.count(action="other.done")) == (6, 2, 1)
    assert audit.actors() == ["ada", "bob"]
    assert audit.actions() == ["other.done", "thing.done"]
    assert audit.latest(actor="ada")[0].details == {"size": 3}


def test_no_note_without_its_deed() -> None:
    with pytest.raises(RuntimeError), writing() as session:
        audit.record_event(ADA, "thing.done", "rolled back", session=session)
        raise RuntimeError
    assert audit.count() == 0


def test_a_long_subject_is_cut() -> None:
    audit.record_event(ADA, "thing.done", "x" * 1000)
    assert subjects() == ["x" * 256]
