"""Streamlit pieces that pages share: guard, navigation, login form, messages."""
