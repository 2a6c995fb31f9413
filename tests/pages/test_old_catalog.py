"""The pages on a catalog that version 0.1 left: its decisions and jobs, worded as today."""

import pytest

from core.auth.roles import Role
from core.catalog import migrate
from tests.old_rows import JOBS_WORDED, WORDED
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


@pytest.fixture(autouse=True)
def migrated(old_url: str) -> None:
    migrate.upgrade(old_url)


def test_train_shows_the_newest_decision_and_the_others_by_choice() -> None:
    app = open_page("train.py", make_user("eve", Role.ADMIN))
    assert not app.exception
    assert WORDED[-1] in texts(app).replace("\\", "")
    choice = next(box for box in app.selectbox if box.key.startswith("decision_shown"))
    before = len(WORDED) - 1
    choice.set_value(choice.options[before - 1]).run()  # newest first: the second decision of all
    read = texts(app).replace("\\", "")
    assert "Only the challenger was right on 883 rows, only the champion on 56 (McNemar p < 0.001)." in read
    assert "Drift in x1, x2 (Kolmogorov–Smirnov, Benjamini–Hochberg)." in read
    assert "e-192" not in read and "Challenger alone" not in read


def test_overview_words_what_happened() -> None:
    app = open_page("overview.py", make_user("eve", Role.ADMIN))
    app.button(key="btn_more_events").click().run()
    assert not app.exception
    read = texts(app).replace("\\", "")
    for words in (WORDED[1], WORDED[3], WORDED[-1], *JOBS_WORDED[2:]):
        assert words in read
    assert "Challenger alone" not in read and "pictures" not in read
