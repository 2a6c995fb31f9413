"""`manage.py user …`: user accounts from the command line, audited under the system user's name."""

from __future__ import annotations

import argparse
import getpass
import sys

from core.auth import passwords, users
from core.auth.roles import SYSTEM, Role
from core.cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `user`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="create an account")
    add.add_argument("username")
    add.add_argument("--name", default="", help="full name (default: the username)")
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value)
    actions.add_parser("list", help="show all accounts")
    for action, text in (
        ("disable", "disable an account and end its login sessions"),
        ("enable", "enable an account again"),
    ):
        actions.add_parser(action, help=text).add_argument("username")
    actions.add_parser("password", help="set a new password; ends all login sessions").add_argument("username")
    for name in ("add", "password"):
        actions.choices[name].add_argument(
            "--generate", action="store_true", help="generate a password and show it once, instead of asking"
        )


def execute(options: argparse.Namespace) -> int:
    """Execute the action. Raises :class:`CommandError` with the reason of a refusal."""
    try:
        _ACTIONS[options.action](options)
    except (users.UserError, passwords.PasswordRefusedError) as error:
        raise CommandError(str(error)) from error
    return 0


def _add(options: argparse.Namespace) -> None:
    password = _password(options)
    account = users.add_user(SYSTEM, options.username, options.name, Role(options.role), password)
    print(f"User {account.username} added with the {account.role.value} role.")
    _show(options, password)


def _set_password(options: argparse.Namespace) -> None:
    password = _password(options)
    users.set_password(SYSTEM, options.username, password)
    print(f"New password set for {options.username}; existing login sessions ended.")
    _show(options, password)


def _set_disabled(options: argparse.Namespace) -> None:
    users.set_disabled(SYSTEM, options.username, options.action == "disable")
    print(f"User {options.username} {options.action}d.")


def _list(_options: argparse.Namespace) -> None:
    for account in users.list_users():
        seen = f"{account.last_login_at:%Y-%m-%d %H:%M}" if account.last_login_at else "never"
        state = "disabled" if account.disabled else "enabled"
        print(f"{account.username:<24} {account.role.value:<7} {state:<9} last login {seen:<17} {account.name}")


def _password(options: argparse.Namespace) -> str:
    if options.generate:
        return passwords.generate_password()
    if not sys.stdin.isatty():
        # For scripts: `… user add bob < file`. Never an argument: those are visible to all users.
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("New password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords differ; nothing was changed.")
    return password


def _show(options: argparse.Namespace, password: str) -> None:
    if options.generate:
        print(f"Password (shown only once): {password}")


_ACTIONS = {"add": _add, "list": _list, "disable": _set_disabled, "enable": _set_disabled, "password": _set_password}
