"""The Admin page; what its dialogs do is in tests/pages/test_confirm.py and tests/e2e/test_admin.py."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.auth import audit, tokens, users
from core.auth.roles import Role
from core.auth.token_verifier import TokenVerifier
from core.auth.tokens import create_token
from core.config.settings import Settings, get_settings
from core.monitoring import deliveries, notify
from core.monitoring.discord_post import Outcome
from core.ui.admin.audit_log import PER_PAGE
from core.workloads import WORKLOADS
from tests.pages.opening import open_page, texts
from tests.people import make_user

PATH = "admin.py"


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def codes(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


def table(app: AppTest, column: str) -> list[str]:
    """The values of ``column`` in the first table that has it."""
    frame = next(frame.value for frame in app.dataframe if column in frame.value.columns)
    return list(frame[column])


def add_user(app: AppTest, username: str, typed: str | None) -> AppTest:
    app.text_input(key="new_username").input(username)
    app.text_input(key="new_name").input("Somebody New")
    app.selectbox(key="new_role").select("editor")
    if typed is not None:
        app.radio(key="new_way").set_value("Enter one")
        app.text_input(key="new_password").input(typed)
    return click(app, "Add user")


def test_it_renders_without_trouble_and_says_when_there_is_nothing() -> None:
    app = open_page(PATH, make_user("ada"))
    assert not app.exception
    shown = texts(app)
    assert "You are the only user." in shown
    assert "No tokens yet." in shown
    assert "No webhook is configured" in shown


def test_adding_a_user_with_a_made_up_password_shows_it_once() -> None:
    app = add_user(open_page(PATH, make_user("ada")), "bob", None)
    (password,) = codes(app)
    assert users.authenticate("bob", password, "local").role is Role.EDITOR
    assert table(app, "Username") == ["ada", "bob"]
    assert codes(app.run()) == []


def test_adding_a_user_with_a_typed_password_shows_none() -> None:
    app = add_user(open_page(PATH, make_user("ada")), "bob", "another-fine-day")
    assert codes(app) == []
    assert users.authenticate("bob", "another-fine-day", "local").name == "Somebody New"


@pytest.mark.parametrize(
    ("username", "password", "message"),
    [("ada", "another-fine-day", "already"), ("two words", "another-fine-day", "Usernames are"), ("bob", "short", "8")],
)
def test_a_refused_user_is_explained(username: str, password: str, message: str) -> None:
    app = add_user(open_page(PATH, make_user("ada")), username, password)
    assert message in app.error[0].value
    assert not app.exception
    assert users.count_users() == 1


def test_changing_a_role() -> None:
    make_user("bob", Role.VIEWER)
    app = open_page(PATH, make_user("ada"))
    app.selectbox(key="changed_user").select("bob").run()
    app.selectbox(key="changed_role_bob").select("editor")
    click(app, "Change role")
    assert users.get_user("bob").role is Role.EDITOR


def test_the_last_admin_is_kept() -> None:
    app = open_page(PATH, make_user("ada"))
    app.selectbox(key="changed_role_ada").select("viewer")
    click(app, "Change role")
    assert "last admin" in app.error[0].value
    assert users.get_user("ada").role is Role.ADMIN


def test_disabling_asks_first_and_enabling_brings_back() -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    app = open_page(PATH, admin)
    app.selectbox(key="changed_user").select("bob").run()
    click(app, "Disable")
    assert "logged out everywhere" in texts(app)
    assert not users.get_user("bob").disabled
    users.set_disabled(admin, "bob", True)
    app.run()
    click(app, "Enable")
    assert not users.get_user("bob").disabled


def test_a_token_is_shown_once_and_works_until_revoked() -> None:
    admin = make_user("ada")
    app = open_page(PATH, admin)
    app.text_input(key="token_name").input("notebook")
    click(app, "Create token")
    (secret,) = codes(app)
    verifier = TokenVerifier()
    assert verifier.verify(secret, "predict").name == "notebook"
    verifier.close()
    assert codes(app.run()) == []
    assert table(app, "State") == ["enabled"]  # the users' table comes first
    assert table(app, "Prefix") == [f"{secret[:12]}…"]

    click(app, "Revoke")
    assert "cannot be undone" in texts(app)
    assert tokens.list_tokens()[0].revoked_at is None
    tokens.revoke_token(admin, tokens.list_tokens()[0].id)
    assert not [button for button in app.run().button if button.label == "Revoke"]


def test_a_token_without_a_name_is_refused() -> None:
    app = click(open_page(PATH, make_user("ada")), "Create token")
    assert "Give the token a name" in app.error[0].value
    assert tokens.list_tokens() == []


def test_markup_in_names_stays_text() -> None:
    admin = make_user("ada")
    create_token(admin, "[evil](http://x) **bold**", ["predict"], None)
    app = open_page(PATH, admin)
    click(app, "Revoke")
    question = next(item.value for item in app.markdown if "rejected within a second" in item.value)
    assert r"\[evil\]\(http" in question


@pytest.mark.parametrize(
    ("taken", "message"), [(True, "Check the Discord channel"), (False, "Discord did not accept the message")]
)
def test_the_notification_test_tells_the_outcome(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, taken: bool, message: str
) -> None:
    monkeypatch.setenv("SHIFUMI_DISCORD_WEBHOOK_URL", "http://127.0.0.1:9/api/webhooks/1/abc")
    get_settings.cache_clear()
    monkeypatch.setattr(notify, "send_discord_embed", lambda *_: taken)
    app = click(open_page(PATH, make_user("ada")), "Send a test message")
    assert message in texts(app)
    assert audit.latest(action="notify.test")[0].details == {"sent": taken}


def test_the_delivery_log_says_what_arrived_and_what_did_not() -> None:
    deliveries.record("Promoted", "linear dataset 3", Outcome(204, 3))
    deliveries.record("Lost", "", Outcome(None, 1, "ConnectError"))
    app = open_page(PATH, make_user("ada"))
    assert table(app, "Message") == ["Lost", "Promoted"]
    assert table(app, "Result") == ["ConnectError", "delivered"]
    assert table(app, "HTTP") == ["–", "204"]
    assert table(app, "Retries") == [0, 2]


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_DISCORD_WEBHOOK_URL", "https://discord.com/api/webhooks/1/hush-hush")
    monkeypatch.setenv("SHIFUMI_ADMIN_PASSWORD", "hush-hush")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://bob:hush-hush@db/mlflow")
    admin = make_user("ada")
    get_settings.cache_clear()
    app = open_page(PATH, admin)
    shown = dict(zip(table(app, "Variable"), table(app, "Value"), strict=True))
    assert shown["SHIFUMI_DISCORD_WEBHOOK_URL"] == "set, hidden"
    assert shown["MLFLOW_TRACKING_URI"] == "postgresql://bob:***@db/mlflow"
    assert not re.search("hush", repr(shown))
    own = [one for workload in WORKLOADS.values() if workload.settings for one in workload.settings.model_fields]
    assert len(shown) == len(Settings.model_fields) + len(own)
    assert shown["SHIFUMI_LINEAR_THRESHOLD"] == "0.85"


def test_the_audit_log_pages_and_filters() -> None:
    admin = make_user("ada")
    for number in range(PER_PAGE + 5):
        audit.record_event(admin, "thing.done", str(number))
    app = open_page(PATH, admin)
    assert table(app, "Action")[:2] == ["thing.done", "thing.done"]
    assert table(app, "Subject")[0] == str(PER_PAGE + 4)
    assert len(table(app, "Subject")) == PER_PAGE
    app.selectbox(key="audit_action").select("user.add").run()
    assert table(app, "Subject") == ["ada"]


def test_the_second_page_of_the_audit_log_holds_the_older_events() -> None:
    admin = make_user("ada")
    for number in range(PER_PAGE + 5):
        audit.record_event(admin, "thing.done", str(number))
    app = open_page(PATH, admin)
    app.session_state["audit_page_None_None"] = 2
    app.run()
    assert table(app, "Subject")[-1] == "ada"
    assert len(table(app, "Subject")) == 6
