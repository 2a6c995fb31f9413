"""The checks of `manage.py doctor`, one module per area."""
