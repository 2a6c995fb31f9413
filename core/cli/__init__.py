"""The commands of `manage.py`, run inside the environment."""
