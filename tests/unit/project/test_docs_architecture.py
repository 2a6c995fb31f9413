"""What stands in the house stands in the documentation: tables, modules, pages, processes, flows, commands, ports."""

import argparse
import re
from pathlib import Path

import pytest

import manage

# Their tables belong to the same metadata.
from core.catalog import feedback_tables, health_tables, image_tables, notification_tables, work_tables  # noqa: F401
from core.catalog.tables import Base
from core.cli.__main__ import parser_for
from core.cli.stack import stack
from core.config.settings import ROOT, Settings, get_settings
from core.ui.shell.navigation import PAGES, Entry
from tools import rooms

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def in_first_column(page: str) -> list[str]:
    """What the tables' first cells name in backticks."""
    return [name for cell in re.findall(r"^\| (`.+?) \|", page, re.MULTILINE) for name in re.findall(r"`(.+?)`", cell)]


def test_every_table_of_the_catalog_is_explained_and_no_other() -> None:
    listed = re.search(r"\| table \| a row is \|\n\|---\|---\|\n((?:\|.*\n)+)", ARCHITECTURE)
    assert listed is not None
    assert sorted(in_first_column(listed.group(1))) == sorted(Base.metadata.tables)


def test_the_picture_of_the_rooms_is_fresh() -> None:
    """``python -m tools.rooms`` draws it anew."""
    assert rooms.redrawn(ARCHITECTURE) == ARCHITECTURE


def test_every_room_of_core_has_its_layer() -> None:
    """A room that the contract does not name would be free to import anything."""
    packages = {f"core.{path.parent.name}" for path in (ROOT / "core").glob("*/__init__.py")}
    assert packages | {"flows", "pages"} == {room for layer in rooms.layers() for room in layer}


def test_no_module_lies_outside_a_room() -> None:
    assert [path.name for path in (ROOT / "core").glob("*.py")] == ["__init__.py"]


def test_every_file_that_is_named_is_there() -> None:
    named = [name for name in in_first_column(ARCHITECTURE) if name.startswith(("core/", "flows/", "pages/"))]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.url_path)
def test_a_page_is_explained(entry: Entry) -> None:
    assert re.search(rf"^\| {entry.title} \| `pages/{entry.path}` \| .{{20,}} \|$", ARCHITECTURE, re.MULTILINE)


def test_every_process_is_explained_with_its_variable() -> None:
    for spec in stack(get_settings(), mlflow_ui=True):
        port = f"`SHIFUMI_{spec.name.upper()}_PORT`" if spec.port else "–"
        assert re.search(rf"^\| {spec.label} \| `.+` \| {port} \|", ARCHITECTURE, re.MULTILINE), spec.label


def test_the_readme_lists_every_process_with_its_port() -> None:
    for spec in stack(get_settings(), mlflow_ui=True):
        default = Settings.model_fields[f"{spec.name}_port"].default if spec.port else None
        where = rf"<http://localhost:{default}[^|]*> \| `SHIFUMI_{spec.name.upper()}_PORT`" if spec.port else "– "
        assert re.search(rf"^\| {spec.label} \| [^|]+ \| {where}", README, re.MULTILINE), spec.label


def test_every_flow_is_explained() -> None:
    from flows.deployments import all_deployments

    named = in_first_column(ARCHITECTURE)
    for flow, _ in all_deployments():
        assert flow.name in named


def commands() -> dict[str, argparse.ArgumentParser]:
    """Command → its own parser, with its own options filled in."""
    return {name: _choices(parser_for(name))[name] for name in manage.COMMANDS}


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0]) if found else {}


def options(parser: argparse.ArgumentParser) -> set[str]:
    """All long options of a command and of its actions."""
    own = {text for action in parser._actions for text in action.option_strings if text.startswith("--")}
    return (own | {text for action in _choices(parser).values() for text in options(action)}) - {"--help"}


@pytest.mark.parametrize("name", manage.COMMANDS)
def test_a_command_is_explained_with_its_actions_and_options(name: str) -> None:
    parser = commands()[name]
    row = re.search(rf"^\| `{name}` \| .* \|$", OPERATIONS, re.MULTILINE)
    assert row is not None
    for action in _choices(parser):
        assert f"`{action}`" in row.group()
    for option in options(parser):
        assert option in OPERATIONS, option


DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_no_command_is_promised_that_does_not_exist(document: Path) -> None:
    known = commands()
    for line in re.findall(r"manage\.py ([a-z][^`\n#]*)", document.read_text(encoding="utf-8")):
        name, *rest = line.split()
        assert name in known, line
        if actions := _choices(known[name]):
            assert rest and rest[0] in actions, line
        if name not in manage.NEEDS_DEV:  # those hand what they do not know to pytest
            assert {word for word in rest if word.startswith("--")} <= options(known[name]), line
