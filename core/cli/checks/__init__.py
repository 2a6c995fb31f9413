"""What `manage.py doctor` looks at, one module per area."""
