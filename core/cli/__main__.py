"""Command line of the product: `manage.py` hands over to `python -m core.cli`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from pydantic import ValidationError

from core.cli.errors import CommandError
from core.config.settings import Settings, get_settings


def parser_for(command: str) -> argparse.ArgumentParser:
    """The parser of all commands; only ``command``'s own options are filled in, to start quickly."""
    parser = argparse.ArgumentParser(prog="manage.py", description="Shifumi: a workbench whose models keep improving.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start everything; one Ctrl-C stops it")
    run.add_argument("--mlflow-ui", action="store_true", help="also serve MLflow's own pages")
    run.add_argument("--verbose", action="store_true", help="show what each process writes")
    tests = commands.add_parser("test", help="install what the tests need and run all checks")
    tests.add_argument("--unit", action="store_true", help="the unit layer only: needs no browser and no server")
    tests.add_argument("--no-lint", action="store_true", help="skip ruff, mypy and the import wall")
    tests.add_argument("--allow-missing", action="store_true", help="leave out tests whose programs are missing")
    bench = commands.add_parser("bench", help="measure, and write docs/benchmarks.md")
    prove = commands.add_parser("prove", help="the long checks of operations: containers, load, several hosts")
    commands.add_parser("mutate", help="put small faults into the code; do the tests notice?", add_help=False)
    for one in (tests, bench, prove):
        one.epilog = "Everything else is handed to pytest, for example: -k login -x"
    own_worker = commands.add_parser("worker", help="do handed over work, here or on another machine")
    if command == "worker":
        import_module("core.cli.worker").add_arguments(own_worker)
    commands.add_parser("migrate", help="bring the catalog's tables up to date")
    doctor = commands.add_parser("doctor", help="say what is wrong and how to mend it")
    doctor.add_argument("--fix", action="store_true", help="mend what can be mended without losing anything")
    doctor.add_argument("--deep", action="store_true", help="also read every dataset file whole")
    backup = commands.add_parser("backup", help="everything into one archive, also while Shifumi runs")
    backup.add_argument("file", nargs="?", type=Path, help="the archive, or a folder for it (default: here)")
    restore = commands.add_parser("restore", help="put an archive back into an empty data folder")
    restore.add_argument("file", type=Path, help="an archive that `backup` made")
    restore.add_argument("--force", action="store_true", help="move aside what is in the data folder")
    commands.add_parser("fetch-landmarker", help="install MediaPipe with its hand model, to propose boxes (optional)")
    for name, text in (
        ("user", "accounts of people"),
        ("token", "keys for the prediction API"),
    ):
        own = commands.add_parser(name, help=text)
        if name == command:
            import_module(f"core.cli.{name}s").add_arguments(own)
    return parser


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    if arguments[:1] == ["mutate"]:
        return import_module("core.cli.testing").mutate(arguments[1:])  # type: ignore[no-any-return]
    parser = parser_for(arguments[0] if arguments else "")
    options, others = parser.parse_known_args(arguments)
    try:
        if options.command in ("test", "bench", "prove"):
            return _check(options, others[1:] if others[:1] == ["--"] else others)
        if others:
            parser.error(f"unrecognised: {' '.join(others)}")
        return _execute(options, get_settings())
    except ValidationError as error:
        lines = [f"  {_variable(str(one['loc'][0]))}: {one['msg']}" for one in error.errors()]
        print("These settings cannot be used (environment or .env file):\n" + "\n".join(lines), file=sys.stderr)
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _variable(field: str) -> str:
    """The environment variable of a settings field; those that others named keep their name."""
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

        return run(settings, mlflow_ui=options.mlflow_ui, verbose=options.verbose)
    if options.command == "worker":
        from core.cli.worker import worker

        return worker(settings, options)
    if options.command == "doctor":
        from core.cli.doctor import doctor

        return doctor(settings, fix=options.fix, deep=options.deep)
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
    prepare_catalog(settings)
    if options.command == "migrate":
        announce_password(settings, first_admin(settings))
        print("The catalog is up to date.")
        return 0
    return int(import_module(f"core.cli.{options.command}s").execute(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
