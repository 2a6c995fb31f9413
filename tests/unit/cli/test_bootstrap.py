"""First start: private folders, migrated catalog, one admin whose password is shown once."""

import os
import stat
from pathlib import Path

import pytest

from core.auth import users
from core.auth.roles import Role
from core.catalog.migrate import current_revision, head_revision
from core.catalog.revision import newest_revision
from core.cli.__main__ import main
from core.cli.bootstrap import first_admin, prepare_catalog, prepare_data
from core.cli.errors import CommandError
from core.config.settings import Settings, get_settings


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation that has never been started."""
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "never-started"))
    get_settings.cache_clear()
    return get_settings()


def password_in(text: str) -> str:
    [line] = [line for line in text.splitlines() if line.strip().startswith("password")]
    return line.split()[1]


def test_the_first_password_is_shown_once_and_works(empty: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    password = password_in(capsys.readouterr().out)
    account = users.authenticate("admin", password, "test")
    assert account.role is Role.ADMIN
    assert main(["migrate"]) == 0
    assert "password" not in capsys.readouterr().out
    stored = (empty.data_dir / "catalog.db").read_bytes() + b"".join(
        log.read_bytes() for log in empty.logs_dir.iterdir()
    )
    assert password.encode() not in stored


def test_a_given_password_is_taken_and_never_shown(
    empty: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHIFUMI_ADMIN_PASSWORD", "a long enough secret")
    monkeypatch.setenv("SHIFUMI_ADMIN_USERNAME", "chief")
    get_settings.cache_clear()
    assert main(["migrate"]) == 0
    captured = capsys.readouterr()
    assert "a long enough secret" not in captured.out + captured.err
    assert users.authenticate("chief", "a long enough secret", "test").role is Role.ADMIN


def test_a_refused_password_makes_nobody(
    empty: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHIFUMI_ADMIN_PASSWORD", "short")
    get_settings.cache_clear()
    assert main(["migrate"]) == 1
    assert "SHIFUMI_ADMIN_PASSWORD" in capsys.readouterr().err
    assert users.count_users() == 0


def test_somebody_there_already_means_no_first_admin(settings: Settings) -> None:
    assert first_admin(settings) is not None
    assert first_admin(settings) is None
    assert users.count_users() == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_what_holds_secrets_is_readable_by_its_owner_only(empty: Settings) -> None:
    assert main(["migrate"]) == 0
    assert stat.S_IMODE(empty.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((empty.data_dir / "catalog.db").stat().st_mode) == 0o600
    below = list(empty.data_dir.rglob("*"))
    assert below and not any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in below)


def test_an_old_catalog_is_brought_up_to_date_and_a_current_one_left_alone(empty: Settings) -> None:
    prepare_data(empty)
    prepare_catalog(empty)
    assert current_revision() == head_revision()
    before = (empty.data_dir / "catalog.db").stat().st_mtime_ns
    prepare_catalog(empty)
    assert (empty.data_dir / "catalog.db").stat().st_mtime_ns == before


def test_file_names_tell_the_newest_migration() -> None:
    """The quick check reads names only; Alembic's own answer is the judge."""
    assert newest_revision() == head_revision()


def test_a_place_that_cannot_be_made_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "file" / "data"))
    get_settings.cache_clear()
    with pytest.raises(CommandError, match="SHIFUMI_DATA_DIR"):
        prepare_data(get_settings())
