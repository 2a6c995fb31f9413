from streamlit.testing.v1 import AppTest


def test_trouble_in_two_places_at_once_is_told_twice() -> None:
    def page() -> None:
        from core.ui.shell.messages import trouble

        trouble("The catalog is locked.")
        trouble("The catalog is locked.")

    app = AppTest.from_function(page, default_timeout=90).run()
    assert [error.value for error in app.error] == ["The catalog is locked."] * 2
    assert not app.exception


def test_trying_again_runs_the_page_again() -> None:
    def page() -> None:
        import streamlit as st

        from core.ui.shell.messages import trouble

        st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        if st.session_state["runs"] == 1:
            trouble("The catalog is locked.")

    app = AppTest.from_function(page, default_timeout=90).run()
    app.button[0].click().run()
    assert not app.error


def test_a_note_is_told_on_the_next_run_and_once() -> None:
    def page() -> None:
        import streamlit as st

        from core.ui.shell.messages import note, show_notes

        show_notes()
        if not st.session_state.get("done"):
            st.session_state["done"] = True
            note("Saved.")
            st.rerun()

    app = AppTest.from_function(page, default_timeout=90).run()
    assert [toast.value for toast in app.toast] == ["Saved."]
    assert not app.run().toast
