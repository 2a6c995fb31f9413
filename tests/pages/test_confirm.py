"""The confirm dialog. AppTest runs no fragments, so here the dialog is the whole page."""

from streamlit.testing.v1 import AppTest

from core.auth import users
from core.auth.roles import Role
from core.auth.session_cookie import issue
from tests.people import make_user


def page() -> None:
    import streamlit as st

    from core.auth import users
    from core.ui.shell.confirm import confirm
    from core.ui.shell.messages import show_notes

    show_notes()
    if not st.session_state.get("answered"):
        confirm("Sure?", "Disable", lambda actor: users.set_disabled(actor, "bob", True), "Bob is disabled.")


def dialog(username: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=90)
    app.session_state["_shifumi_ticket"] = issue(username)
    return app.run()


def test_nothing_happens_before_the_answer_or_after_no() -> None:
    make_user("ada")
    make_user("bob", Role.VIEWER)
    app = dialog("ada")
    assert not users.get_user("bob").disabled
    app.button(key="btn_cancel").click().run()
    assert not users.get_user("bob").disabled


def test_yes_does_it_and_says_so() -> None:
    make_user("ada")
    make_user("bob", Role.VIEWER)
    app = dialog("ada")
    app.button(key="btn_confirm").click().run()
    assert users.get_user("bob").disabled
    assert [toast.value for toast in app.toast] == ["Bob is disabled."]


def test_a_refusal_is_said_and_nothing_is_claimed() -> None:
    make_user("bob")  # the only admin
    app = dialog("bob")
    app.button(key="btn_confirm").click().run()
    assert "last admin" in app.error[0].value
    assert not app.toast


def test_somebody_demoted_meanwhile_is_refused() -> None:
    ada, _ = make_user("ada"), make_user("eve")
    make_user("bob", Role.VIEWER)
    app = dialog("eve")
    users.set_role(ada, "eve", Role.EDITOR)
    app.session_state["_shifumi_ticket"] = issue("eve")
    app.button(key="btn_confirm").click().run()
    assert "Requires the admin role" in app.warning[0].value
    assert not users.get_user("bob").disabled


def test_somebody_logged_out_meanwhile_is_refused() -> None:
    make_user("ada")
    bob = make_user("bob")
    app = dialog("ada")
    users.end_sessions(bob, "ada")
    app.button(key="btn_confirm").click().run()
    assert "no longer logged in" in app.warning[0].value
    assert not users.get_user("bob").disabled
