"""Command line of the product: `manage.py` calls `python -m core.cli`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from pydantic import ValidationError

from core.cli.errors import CommandError
from core.config.settings import Settings, get_settings


def parser_for(command: str) -> argparse.ArgumentParser:
    """The parser of all commands; only ``command``'s own options are added, for a fast start."""
    parser = argparse.ArgumentParser(
        prog="manage.py", description="Shifumi: an ML workbench with automatic retraining."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start everything; one Ctrl-C stops it")
    run.add_argument("--mlflow-ui", action="store_true", help="also start the MLflow UI")
    run.add_argument("--verbose", action="store_true", help="show the output of each process")
    tests = commands.add_parser("test", help="install test requirements and run all checks")
    tests.add_argument("--unit", action="store_true", help="unit tests only: no browser and no server needed")
    tests.add_argument("--no-lint", action="store_true", help="skip ruff, mypy and the import rules")
    tests.add_argument("--allow-missing", action="store_true", help="skip tests whose programs are missing")
    bench = commands.add_parser("bench", help="run the benchmarks and write docs/benchmarks.md")
    prove = commands.add_parser("prove", help="run the long system tests: containers, load, several hosts")
    commands.add_parser("mutate", help="run mutation tests: do the tests notice small faults?", add_help=False)
    for one in (tests, bench, prove):
        one.epilog = "Other arguments go to pytest, for example: -k login -x"
    own_worker = commands.add_parser("worker", help="execute work items, here or on another machine")
    if command == "worker":
        import_module("core.cli.worker").add_arguments(own_worker)
    migrate = commands.add_parser("migrate", help="migrate the catalog's tables")
    for one in (run, migrate):
        one.add_argument("--new-catalog", action="store_true", help="create a new catalog although there are files")
    doctor = commands.add_parser("doctor", help="report problems and how to fix them")
    doctor.add_argument("--fix", action="store_true", help="repair what can be repaired without losing data")
    doctor.add_argument("--all-orphans", action="store_true", help="with --fix: move orphans even when they are many")
    doctor.add_argument("--deep", action="store_true", help="also read every dataset and image file completely")
    backup = commands.add_parser("backup", help="write everything to one archive, also while Shifumi runs")
    backup.add_argument("file", nargs="?", type=Path, help="the archive, or its folder (default: current folder)")
    restore = commands.add_parser("restore", help="restore an archive, or a copy of the catalog")
    restore.add_argument("file", type=Path, help="an archive written by `backup`, or a file of data/catalog-copies")
    restore.add_argument("--force", action="store_true", help="first move existing data aside")
    commands.add_parser("fetch-landmarker", help="install MediaPipe and its hand model, to propose boxes (optional)")
    for name, text in (
        ("user", "user accounts"),
        ("token", "tokens for the prediction API"),
        ("report", "write an evidence report on a workload, as HTML and PDF"),
    ):
        own = commands.add_parser(name, help=text)
        if name == command:
            import_module(f"core.cli.{name}s").add_arguments(own)
    return parser


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code."""
    if arguments[:1] == ["mutate"]:
        return import_module("core.cli.testing").mutate(arguments[1:])  # type: ignore[no-any-return]
    parser = parser_for(arguments[0] if arguments else "")
    options, others = parser.parse_known_args(arguments)
    try:
        if options.command in ("test", "bench", "prove"):
            return _check(options, others[1:] if others[:1] == ["--"] else others)
        if others:
            parser.error(f"unrecognised arguments: {' '.join(others)}")
        return _execute(options, get_settings())
    except ValidationError as error:
        lines = [f"  {_variable(str(one['loc'][0]))}: {one['msg']}" for one in error.errors()]
        print("Invalid settings (environment or .env file):\n" + "\n".join(lines), file=sys.stderr)
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _variable(field: str) -> str:
    """The environment variable of a settings field; third-party variables keep their name."""
    return field if field.isupper() else f"SHIFUMI_{field.upper()}"


def _check(options: argparse.Namespace, pytest_arguments: list[str]) -> int:
    from core.cli import testing

    if options.command == "bench":
        return testing.bench(pytest_arguments)
    if options.command == "prove":
        return testing.prove(pytest_arguments)
    return testing.test(
        pytest_arguments, unit=options.unit, lint=not options.no_lint, allow_missing=options.allow_missing
    )


def _execute(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "run":
        from core.cli.run import run

        return run(settings, mlflow_ui=options.mlflow_ui, verbose=options.verbose, new_catalog=options.new_catalog)
    if options.command == "worker":
        from core.cli.worker import worker

        return worker(settings, options)
    if options.command == "doctor":
        from core.cli.doctor import doctor

        return doctor(settings, fix=options.fix, deep=options.deep, all_orphans=options.all_orphans)
    if options.command == "backup":
        from core.cli.backups import backup

        return backup(settings, options.file)
    if options.command == "restore":
        from core.cli.backups import restore

        return restore(settings, options.file, force=options.force)
    if options.command == "fetch-landmarker":
        from core.cli.landmarker import fetch_landmarker

        return fetch_landmarker()
    from core.cli.bootstrap import announce_password, first_admin, prepare_catalog, prepare_data

    prepare_data(settings)
    prepare_catalog(settings, new_catalog=getattr(options, "new_catalog", False))
    if options.command == "migrate":
        announce_password(settings, first_admin(settings))
        print("The catalog is up to date.")
        return 0
    return int(import_module(f"core.cli.{options.command}s").execute(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
