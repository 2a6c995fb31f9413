"""The throws, in the order of the model's outputs (the order of the public dataset)."""

CLASSES: tuple[str, ...] = ("rock", "paper", "scissors")

SYNONYMS: dict[str, frozenset[str]] = {
    "rock": frozenset({"stone", "fist", "stein", "faust", "pierre"}),
    "paper": frozenset({"palm", "open hand", "papier", "blatt", "feuille"}),
    "scissors": frozenset({"scissor", "peace", "victory", "schere", "ciseaux"}),
}
"""Names of the classes in other datasets."""
