"""The command line: people, tokens, settings that cannot be used."""

import io
import re

import pytest

from core.auth import users
from core.auth.roles import Role
from core.cli.__main__ import main
from core.config.settings import Settings, get_settings


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a script pipes in."""
    text = io.StringIO("correct horse battery\n")
    monkeypatch.setattr("sys.stdin", text)
    return text


def test_a_person_is_added_listed_shut_out_and_let_in(typed: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "add", "bob", "--role", "editor", "--name", "Bob B."]) == 0
    assert users.authenticate("bob", "correct horse battery", "test").role is Role.EDITOR
    assert main(["user", "disable", "bob"]) == 0
    with pytest.raises(users.LoginFailedError):
        users.authenticate("bob", "correct horse battery", "test")
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    assert re.search(r"bob +editor +disabled +last login 20\d\d-.* Bob B\.", capsys.readouterr().out)
    assert main(["user", "enable", "bob"]) == 0
    assert users.authenticate("bob", "correct horse battery", "test").username == "bob"


def test_a_new_password_can_be_made_up(typed: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "add", "eve"]) == 0
    capsys.readouterr()
    assert main(["user", "password", "eve", "--generate"]) == 0
    password = capsys.readouterr().out.split()[-1]
    assert users.authenticate("eve", password, "test").role is Role.VIEWER


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["user", "add", "no spaces please"], "Usernames"),
        (["user", "disable", "nobody"], "no user nobody"),
        (["user", "password", "nobody"], "no user nobody"),
        (["token", "revoke", "17"], "no token 17"),
        (["token", "create", "x" * 65], "name"),
        (["token", "create", "x", "--days", "-1"], "lifetime"),
    ],
)
def test_refusals_are_told_in_one_sentence(
    arguments: list[str], reason: str, typed: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert reason in error
    assert "Traceback" not in error


def test_two_different_passwords_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["correct horse battery", "correct horse buttery"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert main(["user", "add", "bob"]) == 1
    assert users.get_user("bob") is None


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "nightly", "--days", "7"]) == 0
    [secret] = re.findall(r"shf_[\w-]{40,}", capsys.readouterr().out)
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert secret not in listed and "nightly" in listed and "valid until" in listed
    number = listed.split()[0]
    assert main(["token", "revoke", number]) == 0
    assert main(["token", "list"]) == 0
    assert "revoked" in capsys.readouterr().out


def test_settings_that_cannot_be_used_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as environment:
        environment.setenv("SHIFUMI_API_PORT", "eighty")
        environment.setenv("SHIFUMI_LOG_LEVEL", "LOUD")
        get_settings.cache_clear()
        assert main(["migrate"]) == 1
    error = capsys.readouterr().err
    assert "SHIFUMI_API_PORT" in error and "SHIFUMI_LOG_LEVEL" in error


def test_unknown_options_are_refused_except_for_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["migrate", "--frobnicate"])
    assert "--frobnicate" in capsys.readouterr().err
