"""Entry point of the workbench: authenticate, select the page, run it."""

import streamlit as st

from core.auth import session
from core.ui.shell.guard import inside_app
from core.ui.shell.login import account_box, login_form
from core.ui.shell.messages import explained, show_notes
from core.ui.shell.navigation import navigate
from core.ui.shell.start import prepare_process


def main() -> None:
    st.set_page_config(page_title="Shifumi", page_icon="✊", layout="wide")
    prepare_process()
    with inside_app(), explained():
        account = session.current_account()
        page = navigate(account.role if account else None)
        if account is None:
            login_form()
            st.stop()
        show_notes()
        account_box(account)
        page.run()


main()
