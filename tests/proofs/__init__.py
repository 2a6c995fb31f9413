"""The long checks of operations: containers, load with sudden deaths, several hosts. Run by ``manage.py prove``."""
