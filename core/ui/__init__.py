"""Streamlit pieces: one folder per page, and `shell` for what every page stands in."""
