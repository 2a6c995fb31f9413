"""The throws, in the order of the model's outputs (the order of the public data set)."""

CLASSES: tuple[str, ...] = ("rock", "paper", "scissors")
