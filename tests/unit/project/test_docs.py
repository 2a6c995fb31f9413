"""The documentation keeps up: every setting, page and role is described, with the values the code has."""

import re

import pytest
from pydantic_settings import BaseSettings

from core.auth.roles import Role
from core.config.settings import ROOT, Settings
from core.config.settings_table import variable
from core.ui.shell.navigation import PAGES, Entry
from core.workloads import WORKLOADS
from core.workloads.linear.settings import LinearSettings
from core.workloads.rps.settings import RpsSettings

SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SECURITY_PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
DOCUMENTED = {name: (default, meaning) for name, default, meaning in ROW.findall(SETTINGS_PAGE)}


OPTIONS = [(kind, name) for kind in (Settings, LinearSettings, RpsSettings) for name in kind.model_fields]


def default_in_words(kind: type[BaseSettings], name: str) -> str:
    default = kind.model_fields[name].default
    if name == "data_dir":
        default = default.relative_to(ROOT)
    return "not set" if default is None else f"`{default}`"


@pytest.mark.parametrize(("kind", "name"), OPTIONS, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_a_setting_is_documented_with_its_default(kind: type[BaseSettings], name: str) -> None:
    assert variable(name, kind) in DOCUMENTED, f"add {variable(name, kind)} to docs/settings.md"
    default, meaning = DOCUMENTED[variable(name, kind)]
    assert default == default_in_words(kind, name)
    assert len(meaning) > 15


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(DOCUMENTED) == {variable(name, kind) for kind, name in OPTIONS}


def test_the_options_of_every_workload_that_ships_are_among_them() -> None:
    assert {workload.settings for workload in WORKLOADS.values()} <= {kind for kind, _ in OPTIONS}


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.url_path)
def test_a_page_is_documented_with_its_least_role(entry: Entry) -> None:
    assert f"| {entry.title} | `{entry.role.value}` |" in SECURITY_PAGE


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_documented(role: Role) -> None:
    assert re.search(rf"^\| `{role.value}` \| .{{5,}} \|$", SECURITY_PAGE, re.MULTILINE)
