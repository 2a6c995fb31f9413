"""placeholder"""

from __future__ import annotations


def add_people(canvas, random, skin, light):
    pass
