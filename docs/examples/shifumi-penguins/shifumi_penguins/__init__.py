"""Penguins for Shifumi: their species, and how heavy they are."""
