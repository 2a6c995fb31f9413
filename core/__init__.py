"""Shifumi's core: what the product knows, free of Streamlit and Prefect."""

__version__ = "0.1.0"
