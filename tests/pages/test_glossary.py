"""The glossary opens from the sidebar of every page."""

from streamlit.testing.v1 import AppTest

from core.ui.shell import glossary
from tests.pages.opening import open_page, texts
from tests.people import make_user

# AppTest reruns the whole script for a widget inside a dialog, which closes it: here it is open in every run.
_OPEN = "from core.ui.shell.glossary import glossary_dialog\nglossary_dialog()"


def searched(text: str) -> AppTest:
    app = AppTest.from_string(_OPEN).run()
    app.text_input(key="glossary_search").set_value(text).run()
    assert not app.exception
    return app


def test_the_sidebar_opens_it_with_every_term() -> None:
    app = open_page(actor=make_user()).button(key="btn_glossary").click().run()
    assert not app.exception
    shown = texts(app)
    assert all(f"**{term}** · {meaning}" in shown for term, meaning in glossary.TERMS.items())


def test_a_search_narrows_it() -> None:
    shown = texts(searched("mAP50"))
    assert "**mAP50**" in shown
    assert "**hot swap**" not in shown


def test_a_search_without_a_match_says_so() -> None:
    assert "No term matches." in texts(searched("unicorn"))
