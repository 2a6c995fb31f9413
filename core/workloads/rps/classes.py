"""The throws, in the order of the model's outputs."""

CLASSES: tuple[str, ...] = ("rock", "paper", "scissors")
