"""The loop: evaluate, gate, train, compare, promote. Begin with ``loop.py``."""
