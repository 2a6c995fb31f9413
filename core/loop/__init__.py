"""The loop: evaluate, gate, train, compare, promote. Start with ``loop.py``."""
