"""What `manage.py` does once the environment exists."""
