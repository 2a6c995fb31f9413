"""Streamlit components: one folder per page, and `shell` for what all pages share."""
