"""The documentation keeps up: every setting, page and role is described, with the values the code has."""

import re

import pytest

from core.auth.roles import Role
from core.config.settings import ROOT, Settings
from core.config.settings_table import variable
from core.ui.shell.navigation import PAGES, Entry

SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SECURITY_PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
DOCUMENTED = {name: (default, meaning) for name, default, meaning in ROW.findall(SETTINGS_PAGE)}


def default_in_words(name: str) -> str:
    default = Settings.model_fields[name].default
    if name == "data_dir":
        default = default.relative_to(ROOT)
    return "not set" if default is None else f"`{default}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented_with_its_default(name: str) -> None:
    assert variable(name) in DOCUMENTED, f"add {variable(name)} to docs/settings.md"
    default, meaning = DOCUMENTED[variable(name)]
    assert default == default_in_words(name)
    assert len(meaning) > 15


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(DOCUMENTED) == {variable(name) for name in Settings.model_fields}


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.url_path)
def test_a_page_is_documented_with_its_least_role(entry: Entry) -> None:
    assert f"| {entry.title} | `{entry.role.value}` |" in SECURITY_PAGE


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_documented(role: Role) -> None:
    assert re.search(rf"^\| `{role.value}` \| .{{5,}} \|$", SECURITY_PAGE, re.MULTILINE)
