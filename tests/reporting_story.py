"""A story with something of everything: a promotion, drift, a quarantine, a rollback by hand."""

from __future__ import annotations

from core.auth.roles import Actor, Role
from core.loop import contract, decisions, loop
from core.storage import datasets
from tests.learning import make_dataset

ADMIN = Actor("ada", Role.ADMIN)
NASTY = "<script>alert('x')</script> & \"quoted\" $x^2$ 漢字 \U0001f600 \u202eabc"


def tell_story() -> None:
    """Version 1; turned data trains version 2, the next dataset promotes it; swapped labels are quarantined and
    accepted; an admin rolls back. Reasons are typed by somebody nasty."""
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2, angle=120)
    loop.run_once("linear")
    make_dataset(seed=3, angle=120)
    loop.run_once("linear")
    swapped = make_dataset(seed=4, angle=300)
    contract.validate_new("linear")
    datasets.accept(ADMIN, swapped.id, NASTY)
    decisions.roll_back_by_hand(ADMIN, "linear", NASTY)
