"""`manage.py token …`: tokens for the prediction API."""

from __future__ import annotations

import argparse
from datetime import datetime

from core.auth import tokens
from core.auth.roles import SYSTEM
from core.catalog.tables import ApiToken, utcnow
from core.cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `token`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="create a token and show it once")
    create.add_argument("name", help="name of the client, for example: nightly-batch")
    create.add_argument("--scope", action="append", choices=sorted(tokens.SCOPES), help="default: predict")
    create.add_argument("--days", type=float, default=90.0, help="lifetime in days; 0: no expiry (default 90)")
    actions.add_parser("list", help="show all tokens, never their secrets")
    actions.add_parser("revoke", help="revoke a token permanently").add_argument("id", type=int)


def execute(options: argparse.Namespace) -> int:
    """Execute the action. Raises :class:`CommandError` with the reason of a refusal."""
    try:
        _ACTIONS[options.action](options)
    except tokens.TokenRefusedError as error:
        raise CommandError(str(error)) from error
    return 0


def _create(options: argparse.Namespace) -> None:
    secret, token = tokens.create_token(SYSTEM, options.name, options.scope or ["predict"], options.days or None)
    print(f"Token {token.id} ({token.name}), {_end(token)}. Shown only once:\n\n  {secret}\n")


def _list(_options: argparse.Namespace) -> None:
    for token in tokens.list_tokens():
        scopes = ",".join(str(scope) for scope in token.scopes)
        used = f"used {_day(token.last_used_at)}"
        print(f"{token.id:>4} {token.prefix}…  {scopes:<16} {_end(token):<24} {used:<16} {token.name}")


def _revoke(options: argparse.Namespace) -> None:
    tokens.revoke_token(SYSTEM, options.id)
    print(f"Token {options.id} revoked.")


def _end(token: ApiToken) -> str:
    if token.revoked_at:
        return f"revoked {_day(token.revoked_at)}"
    if token.expires_at is None:
        return "valid until revoked"
    return f"{'expired' if token.expires_at <= utcnow() else 'valid until'} {_day(token.expires_at)}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "never"


_ACTIONS = {"create": _create, "list": _list, "revoke": _revoke}
