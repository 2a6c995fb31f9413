"""What is installed is written down with its licence, and every licence goes together with ours."""

import pytest

from tools import licences
from tools.licences import EXCEPTIONS, LicenceError, compatible, installed, locked, page, rows, tidy, written

ROWS = written()


def test_every_locked_package_is_in_the_file() -> None:
    assert [(row.name, row.version) for row in ROWS] == locked(), "run `python -m tools.licences`"


def test_the_file_is_what_the_program_writes() -> None:
    assert licences.TARGET.read_text(encoding="utf-8") == page(ROWS)


def test_the_file_says_what_the_installed_packages_say() -> None:
    """Those that this system does not need keep what was read elsewhere."""
    found = installed(name for name, _ in locked())
    assert len(found) > 150
    known = {row.name: row.licence for row in ROWS}
    for row in rows(locked(), found, known):
        # Another version, for another Python, may word it differently; rows() has judged it above.
        assert row.licence == known[row.name] or len([one for one in ROWS if one.name == row.name]) > 1


def test_all_licences_go_together_with_the_agpl_but_for_the_exceptions() -> None:
    refused = {row.name for row in ROWS if not compatible(row.licence)}
    assert refused == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "licence",
    [
        "UNKNOWN",
        "GPL-2.0-only",
        "SSPL-1.0",
        "BUSL-1.1",
        "CC-BY-NC-4.0",
        "Apache-2.0 AND Proprietary",
        "Other/Proprietary License",
        "MIT AND (SSPL-1.0 OR Elastic-2.0)",
    ],
)
def test_a_licence_that_forbids_something_is_refused(licence: str) -> None:
    with pytest.raises(LicenceError, match=r"thing 1\.0"):
        rows([("thing", "1.0")], {"thing": licence}, {})


@pytest.mark.parametrize("licence", ["MIT", "GPL-2.0-only OR MIT", "MPL-2.0 AND (Apache-2.0 OR MIT)"])
def test_a_choice_is_enough(licence: str) -> None:
    assert rows([("thing", "1.0")], {"thing": licence}, {})[0].licence == licence


def test_many_spellings_become_one() -> None:
    assert tidy("Apache Software License; MIT License") == "Apache-2.0 AND MIT"
