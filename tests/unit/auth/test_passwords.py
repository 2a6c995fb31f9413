import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.auth import passwords
from core.auth.passwords import (
    PasswordRefusedError,
    check_policy,
    common_passwords,
    generate_password,
    hash_password,
    verify_password,
)

PRODUCT_COST = passwords.COST  # read at import: the tests run with a lower one
GOOD = "quiet-otter-lantern"


def accepted(password: str, username: str = "ada") -> bool:
    try:
        check_policy(password, username)
    except PasswordRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-7", "at least 8"),
        ("x" * 60 + "é" * 7, "72 bytes"),
        (" leading-blank", "spaces at the start or end"),
        ("tab\tin-the-middle", "control characters"),
        ("my-ADA-password", "contains the username"),
        ("Password", "most common passwords"),
        ("abababababab", "most common passwords"),
        ("rockpaperscissors", "most common passwords"),
    ],
)
def test_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(PasswordRefusedError, match=why):
        check_policy(password, "ada")


def test_length_is_the_only_demand() -> None:
    assert accepted("alllowercaseletters")
    assert accepted("eight-8!")
    assert accepted("correct horse battery staple once more, with 64 characters in all")
    assert accepted("abcdefgh" * 9)  # 72 bytes, the most bcrypt takes
    assert not accepted("abcdefgh" * 9 + "!")


def test_a_short_username_does_not_forbid_half_the_alphabet() -> None:
    assert accepted("an-animal-parade", username="an")


def test_the_list_of_common_passwords_has_substance() -> None:
    assert len(common_passwords()) > 10_000
    assert all(len(word) >= 8 and word == word.lower() for word in common_passwords())


@settings(max_examples=60)
@given(st.text(min_size=8, max_size=30))
def test_whatever_is_accepted_opens_again_and_nothing_else_does(password: str) -> None:
    if not accepted(password, "someone-else"):
        return
    hashed = hash_password(password)
    assert verify_password(password, hashed)
    assert not verify_password(password + "x", hashed)
    assert not verify_password("x" + password[1:] if password[0] != "x" else "y" + password[1:], hashed)


def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    assert verify_password("cafe\u0301-au-lait", hash_password("caf\u00e9-au-lait"))


def test_bytes_beyond_the_limit_are_not_silently_ignored() -> None:
    longest = "abcdefgh" * 9
    assert not verify_password(longest + "tail", hash_password(longest))


def test_unknown_users_never_match() -> None:
    assert not verify_password(GOOD, None)


def test_an_unknown_user_costs_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 8)
    hashed = hash_password(GOOD)
    verify_password(GOOD, None)  # makes the dummy hash

    def best(password_hash: str | None) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            verify_password("wrong-password", password_hash)
            times.append(time.perf_counter() - start)
        return min(times)

    known, unknown = best(hashed), best(None)
    assert unknown > known / 2, f"unknown users answer in {unknown:.4f} s, known ones in {known:.4f} s"


def test_cost_in_the_product_is_twelve() -> None:
    assert PRODUCT_COST >= 12


def test_generated_passwords_pass_the_policy_and_differ() -> None:
    made = {generate_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_policy(password, "admin")
