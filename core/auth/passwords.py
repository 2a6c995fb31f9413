"""Passwords: policy, hashing, generation.

Follows NIST SP 800-63B: length counts, composition rules do not, common passwords are rejected.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache
from pathlib import Path

import bcrypt

COST = 12
"""bcrypt's work factor: about a quarter of a second per check. The tests lower it."""

MIN_CHARACTERS = 8
MAX_BYTES = 72
"""bcrypt's own limit, in bytes of UTF-8: 72 plain letters, fewer with accents or emoji."""

# No 0/o, 1/l/i: generated passwords are sometimes read aloud or typed from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_COMMON = Path(__file__).with_name("common_passwords.txt")


class PasswordRefusedError(ValueError):
    """The password violates the policy; the message says which rule and what to do."""


def check_policy(password: str, username: str) -> None:
    """Raise :class:`PasswordRefusedError` unless ``password`` may be set for ``username``."""
    if len(password) < MIN_CHARACTERS:
        raise PasswordRefusedError(f"Use at least {MIN_CHARACTERS} characters; a few unrelated words work well.")
    if len(_bytes(password)) > MAX_BYTES:
        raise PasswordRefusedError(
            f"The password is longer than {MAX_BYTES} bytes, the limit of the password hash. "
            "Shorten it; accented letters and emoji count two to four bytes each."
        )
    if password != password.strip() or not password.isprintable():
        raise PasswordRefusedError("No spaces at the start or end and no control characters: they are easily lost.")
    if len(username) >= 3 and username.casefold() in password.casefold():
        raise PasswordRefusedError("The password contains the username. Choose another one.")
    if password.casefold() in common_passwords() or len(set(password)) < 3:
        raise PasswordRefusedError("This is one of the most common passwords. Choose another one.")


def hash_password(password: str) -> str:
    """The bcrypt hash of ``password``. Raises ``ValueError`` above 72 bytes: check the policy first."""
    return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(COST)).decode()


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether ``password`` matches ``password_hash``.

    ``None`` (unknown user) takes the same time: a dummy hash is checked, so that the response time
    does not reveal which usernames exist.
    """
    data = _bytes(password)
    # Longer than bcrypt's limit: certainly wrong, but it has to take the same time.
    fits = len(data) <= MAX_BYTES
    matches = bcrypt.checkpw(data[:MAX_BYTES], (password_hash or _dummy_hash(COST)).encode())
    return matches and fits and password_hash is not None


def generate_password() -> str:
    """A random password of four groups of five characters (99 bits), easy to read and type."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The most common passwords of at least eight characters, in lower case."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _bytes(password: str) -> bytes:
    # The same letters typed on different keyboards can be different code points: NFKC unifies them.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=4)
def _dummy_hash(cost: int) -> str:
    return bcrypt.hashpw(secrets.token_hex(16).encode(), bcrypt.gensalt(cost)).decode()
